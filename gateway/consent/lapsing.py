"""What ends by itself is put on record: consents that expire, authority that ends, children who grow up.

Whether a consent stands is computed at each release and never waits for this; the entries tell the
person and the auditor what became of it, and from then on no clock brings it back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select

from contracts.facts import Giver
from contracts.vocabulary import SubjectRef
from contracts.words import Vocabulary
from gateway.consent.consents import GIVEN, Consent, Consents, Ending
from gateway.consent.ground import birth_date_of, came_of_age
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, micros, now
from gateway.storage.tables import consent_events, consents
from gateway.subjects import open_identity

GRACE = timedelta(hours=2)
"""An end is noted when it is surely past: by a clock that runs fast nobody's consent is ended for good."""
MOST = 200
BY_ITSELF = "gateway"


class Lapsing:
    """Notes the ends that time has brought. Safe to do twice."""

    def __init__(
        self, database: Database, ring: KeyRing, on_file: Consents, tenant: str, vocabulary: Vocabulary
    ) -> None:
        self._database = database
        self._ring = ring
        self._consents = on_file
        self._tenant = tenant
        self._vocabulary = vocabulary
        self._grown: str = ""

    async def note(self, at: datetime | None = None) -> int:
        """Note what has ended by now; give how many consents did."""
        past = (at or now()) - GRACE
        over = or_(consents.c.until <= micros(past), consents.c.authority_until <= micros(past))
        ended = 0
        for consent in await self._open(over):
            ending = Ending.EXPIRED if consent.until <= past else Ending.AUTHORITY_ENDED
            await self._consents.end(consent, ending, BY_ITSELF)
            ended += 1
        return ended + await self._note_grown(past)

    async def _note_grown(self, past: datetime) -> int:
        """Once a day, look at whom others consented for: birth dates are sealed, so each is opened."""
        if self._grown == past.date().isoformat():
            return 0
        grown = 0
        for consent in await self._open(consents.c.given_by != Giver.SELF.value, most=None):
            identity = await open_identity(self._database, self._ring, self._tenant, consent.subject_ref)
            born_on = birth_date_of(identity, self._vocabulary)
            if born_on is None:
                continue
            of_age = came_of_age(born_on, self._vocabulary.majority, self._vocabulary.time_zone)
            if consent.given_at < of_age <= past:
                await self._consents.end(consent, Ending.CAME_OF_AGE, BY_ITSELF)
                grown += 1
        self._grown = past.date().isoformat()
        return grown

    async def _open(self, condition: object, most: int | None = MOST) -> list[Consent]:
        ended = exists().where(consent_events.c.consent_id == consents.c.id, consent_events.c.kind != GIVEN)
        query = select(consents.c.subject_ref, consents.c.id).where(condition, ~ended).limit(most)  # type: ignore[arg-type]
        rows = await self._database.fetch(query)
        wanted = {row.id for row in rows}
        refs = sorted({row.subject_ref for row in rows})
        found = [consent for ref in refs for consent in await self._consents.of(SubjectRef(ref))]
        return [consent for consent in found if consent.id in wanted]
