"""A register's entry that is wrong, reported to its owner: what an agency says of a field it was told.

A correction rests on a release: only who was told a field, in an exchange that is on record, can say that it
is wrong. The request is an entry of the record, its words sealed under the person's key; whoever sends it
to the owner reads it there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from audit.event import Event, Json, Kind, new_id
from audit.log import Log
from audit.query import Filter, by_id, release_of, search
from audit.store import Statement
from contracts.vocabulary import AgencyId, ExchangeId, Field, OfficialId, Purpose, Source, SubjectRef
from gateway.agencies import Agency
from gateway.delivery import Delivery
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.outbox.message import Draft
from gateway.oversight.sealed import SEALED, SealedParts
from gateway.sealing.recipient import RecipientKeyError
from gateway.storage.engine import Database, now

RECORDED: Final = "recorded"
"""The result of a request's own entry; what comes of it later is told by entries with others."""
LASTS: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Correction:
    """One request, without its words. `index` is its place in the record."""

    id: str
    at: datetime
    exchange_id: str
    agency: AgencyId
    official: OfficialId
    case: str
    source: Source
    field: Field
    state: str
    index: int


@dataclass(frozen=True, slots=True)
class Corrections:
    """Records correction requests and reads them back, for one deployment."""

    database: Database
    log: Log
    parts: SealedParts
    delivery: Delivery
    agencies: Mapping[AgencyId, Agency]

    async def request(
        self,
        agency: AgencyId,
        official: OfficialId,
        exchange_id: str,
        source: Source,
        field: Field,
        statement: str,
    ) -> Correction:
        """Record that a register's field is wrong, in the words of who says so.

        Raises:
            NotFoundError: no such release of this agency, or the person was erased.
            BodyInvalidError: the release did not tell this field from this source (`not-told`).
        """
        async with self.database.reading() as connection:
            release = await release_of(connection, exchange_id)
        if release is None or release.event.agency != agency:
            raise NotFoundError
        if field not in told_in(release.event, source):
            raise BodyInvalidError("not-as-described", [{"pointer": "/field", "code": "not-told"}])
        correction_id, ref = new_id(), SubjectRef(release.event.subject_ref)
        sealed = await self.parts.seal(ref, correction_id, Kind.CORRECTION, statement)
        event = Event(
            kind=Kind.CORRECTION,
            at=now(),
            id=correction_id,
            exchange_id=exchange_id,
            agency=agency,
            official=official,
            case=release.event.case,
            subject_ref=ref,
            result=RECORDED,
            details={"source": source, "field": field, SEALED: sealed},
        )
        event, companions = await self._with_word_to_the_owner(event, source, release.event)
        noted = await self.log.note(event, companions)
        return _correction(event, noted.index)

    async def _with_word_to_the_owner(
        self, event: Event, source: Source, release: Event
    ) -> tuple[Event, Sequence[Statement]]:
        """Let a request carry a message to the register's owner, where that is an agency here.

        It names how the owner finds the person in its own record: by the message that it answered.
        """
        owner = next((each.id for each in self.agencies.values() if source in each.keeps), None)
        if owner is None:
            return event, ()
        message_id = new_id()
        content = {
            "correction": event.id,
            "source": source,
            "field": event.details["field"],
            "answered": str(_outcome_of(release, source).get("message_id", "")),
            "statement": f"/v1/corrections/{event.id}",
            "answer": f"/v1/corrections/{event.id}/answer",
        }
        draft = Draft(
            id=message_id,
            type="obmin.correction.requested",
            agency=owner,
            sender=AgencyId(event.agency),
            key=f"request:{event.id}",
            subject_ref=SubjectRef(event.subject_ref),
            purpose=Purpose("correction"),
            content=orjson.dumps(content),
            expires_at=event.at + LASTS,
            exchange_id=ExchangeId(message_id),
            duty="correction",
        )
        try:
            submission = await self.delivery.prepare(draft)
        except RecipientKeyError:
            return event, ()  # it cannot be sent anything: the list of requests is what is left
        return submission.beside(event), submission.companions

    def _kept_by(self, agency: AgencyId) -> frozenset[Source]:
        known = self.agencies.get(agency)
        return known.keeps if known else frozenset()

    async def find(self, correction_id: str) -> tuple[Correction, SubjectRef]:
        """Give a request and whom it is about. Raises `NotFoundError`."""
        async with self.database.reading() as connection:
            found = await by_id(connection, correction_id)
        if found is None or found.event.kind is not Kind.CORRECTION or found.event.result != RECORDED:
            raise NotFoundError
        return _correction(found.event, found.index), SubjectRef(found.event.subject_ref)

    async def of(self, agency: AgencyId | None, after: int | None, limit: int) -> Sequence[Correction]:
        """List the requests of one agency, or of all, in the order of the record."""
        wanted = Filter(kind=Kind.CORRECTION, agency=agency, after=after, outcome=RECORDED)
        async with self.database.reading() as connection:
            found = await search(connection, wanted, limit)
        return [_correction(each.event, each.index) for each in found]

    async def read(self, correction_id: str, agency: AgencyId) -> tuple[Correction, str]:
        """Give one request of this agency, or about a register that it keeps, and its words.

        The reading is on record before they are given.

        Raises:
            NotFoundError: unknown, another agency's, or the person was erased.
        """
        async with self.database.reading() as connection:
            found = await by_id(connection, correction_id)
        if found is None or found.event.kind is not Kind.CORRECTION or found.event.result != RECORDED:
            raise NotFoundError
        if found.event.agency != agency and found.event.details["source"] not in self._kept_by(agency):
            raise NotFoundError
        words = await self.parts.open(found.event)
        await self.log.note(
            Event(Kind.READ, now(), exchange_id=found.event.exchange_id, agency=agency, result="correction")
        )
        return _correction(found.event, found.index), words


def told_in(release: Event, source: Source) -> frozenset[str]:
    """Name the fields that a release, or a message that was sent, told from one source."""
    fields = _outcome_of(release, source).get("fields", ())
    return frozenset(map(str, fields)) if isinstance(fields, Sequence) else frozenset()


def _outcome_of(release: Event, source: Source) -> Mapping[str, Json]:
    outcomes = release.details.get("sources", ())
    assert isinstance(outcomes, Sequence)  # noqa: S101  a release has its sources
    for outcome in outcomes:
        if isinstance(outcome, dict) and outcome.get("source") == source:
            return outcome
    return {}


def _correction(event: Event, index: int) -> Correction:
    return Correction(
        id=event.id,
        at=event.at,
        exchange_id=event.exchange_id,
        agency=AgencyId(event.agency),
        official=OfficialId(event.official),
        case=event.case,
        source=Source(str(event.details["source"])),
        field=Field(str(event.details["field"])),
        state=event.result,
        index=index,
    )
