"""Consents on file: what was agreed to is written once, what became of it as events.

The state is computed from the events whenever it is needed (`contracts.grounds`); every event is
committed together with the entry of the record that tells of it, so a withdrawal and a release
have one order that everybody sees.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import insert, select

from audit.event import Json
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.facts import Giver
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source, SubjectRef
from gateway.consent.telling import consent_event
from gateway.consent.using import uses_left
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import consent_events, consents, subjects

GIVEN = "given"


class Ending(StrEnum):
    """What can become of a consent, once each; a new one stands by itself."""

    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    AUTHORITY_ENDED = "guardian-authority-ended"
    CAME_OF_AGE = "came-of-age"


NO_ENDINGS: Mapping[Ending, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Assistance:
    """How a person without a device of her own was helped: by whom, who saw it, and the signed paper."""

    official: OfficialId
    witness: str
    scan_digest: str


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent as it was given, and what became of it.

    `evidence` refers to the document that gives a parent or guardian (`giver`, where it is known who)
    the right to consent until `authority_until`; `notice_digest` is the SHA-256 of the text that was
    shown, in `language`. It covers `sources` × `categories` (None: every one) × `operations`, for `uses`
    releases in each `per` (None: in all its time), or any number.
    """

    id: str
    subject_ref: SubjectRef
    consumer: AgencyId
    purpose: Purpose
    sources: tuple[Source, ...]
    given_by: Giver
    evidence: str
    notice_digest: str
    language: str
    given_at: datetime
    until: datetime
    recorded_by: AgencyId
    giver: SubjectRef | None = None
    authority_until: datetime | None = None
    categories: tuple[str, ...] | None = None
    operations: tuple[str, ...] = ("pull",)
    uses: int | None = None
    per: timedelta | None = None
    assistance: Assistance | None = None
    endings: Mapping[Ending, datetime] = field(default_factory=lambda: NO_ENDINGS)
    uses_left: int | None = None

    def state(self, at: datetime) -> str:
        """Say in one word what it is worth at an instant: `given`, or what ended it. Ends are exclusive."""
        if Ending.WITHDRAWN in self.endings:
            return Ending.WITHDRAWN
        if self.endings:
            return min(self.endings, key=lambda ending: self.endings[ending])
        if at < self.given_at:
            return "not-yet-valid"
        if at >= self.until:
            return Ending.EXPIRED
        if self.authority_until is not None and at >= self.authority_until:
            return Ending.AUTHORITY_ENDED
        return GIVEN if self.uses_left is None or self.uses_left > 0 else "used-up"


class Consents:
    """Gives and ends consents, and reads them back."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log
        self._insert = Prepared(insert(consents), database.dialect)
        self._happened = Prepared(insert(consent_events), database.dialect)

    async def give(
        self,
        consent: Consent,
        companions: Sequence[Statement] = (),
        supersedes: Consent | None = None,
        *,
        after: Sequence[Statement] = (),
        refused: bool = False,
    ) -> Consent:
        """Put a consent on file under an id that nobody can guess, and its person if she is new.

        `companions` are written before it, `after` once it is there to be referred to. `refused` files
        that she was asked and said no. What it supersedes ends in the same transaction.

        Raises:
            ConflictError: somebody else was writing the same person, or ended the older consent, meanwhile.
        """
        at, result = now(), Ending.REFUSED if refused else GIVEN
        fresh = replace(
            consent, id=consent.id or new_reference(), endings={Ending.REFUSED: at} if refused else NO_ENDINGS
        )
        written = [*companions, self._row(fresh), self._happening(fresh, result, at, fresh.recorded_by)]
        details: dict[str, Json] = {}
        if supersedes:
            written.append(self._happening(supersedes, Ending.SUPERSEDED, at, fresh.recorded_by))
            details["supersedes"] = supersedes.id
        written += after
        try:
            await self._log.note(consent_event(fresh, fresh.recorded_by, result, at, "", details), written)
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return replace(fresh, uses_left=fresh.uses)

    async def end(
        self,
        consent: Consent,
        ending: Ending,
        by: str,
        reason: str = "",
        companions: Sequence[Statement] = (),
    ) -> Consent:
        """End it, effective for every release that the record has not yet taken.

        Ending it twice in the same way is ending it once: the first instant stands.
        """
        if ending in consent.endings:
            return consent
        at = now()
        written = [self._happening(consent, ending, at, by, reason), *companions]
        try:
            await self._log.note(consent_event(consent, by, ending, at, reason), written)
        except CompanionRefusedError:
            return await self.get(consent.id)
        return replace(consent, endings={**consent.endings, ending: at})

    async def get(self, consent_id: str) -> Consent:
        """Read one; who may see it is the edge's rule.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = await self._select(consents.c.id == consent_id)
        if not found:
            raise NotFoundError
        return found[0]

    async def of(self, subject_ref: SubjectRef) -> Sequence[Consent]:
        """Read a person's consents, the newest first."""
        return await self._select(consents.c.subject_ref == subject_ref)

    async def given_for_others(self, giver: SubjectRef) -> Sequence[Consent]:
        """Read what a parent or guardian agreed to for somebody else, the newest first.

        Whoever that person is protected from is told nothing of her, not even what he gave himself.
        """
        shielded = subjects.c.shielded_from
        free = select(subjects.c.ref).where(
            ~shielded.contains(giver, autoescape=True), ~shielded.contains("*", autoescape=True)
        )
        return await self._select((consents.c.giver_ref == giver) & consents.c.subject_ref.in_(free))

    async def page(self, consumer: AgencyId | None, offset: int, limit: int) -> Sequence[Consent]:
        """Read a page of an agency's consents, of everybody's for None; of one page the newest first."""
        whose = () if consumer is None else (consents.c.consumer == consumer,)
        ids = select(consents.c.id).where(*whose).order_by(consents.c.id).offset(offset).limit(limit)
        return await self._select(consents.c.id.in_(ids))

    async def _select(self, condition: Any) -> list[Consent]:
        ended = (consent_events.c.consent_id == consents.c.id) & (consent_events.c.kind != GIVEN)
        statement = (
            select(consents, consent_events.c.kind, consent_events.c.at.label("ended_at"), uses_left())
            .select_from(consents.outerjoin(consent_events, ended))
            .where(condition)
            .order_by(consents.c.given_at.desc(), consents.c.id)
        )
        rows: dict[str, list[Any]] = {}
        for row in await self._database.fetch(statement, at=micros(now())):
            rows.setdefault(row.id, []).append(row)
        return [_consent(several) for several in rows.values()]

    def _happening(self, consent: Consent, kind: str, at: datetime, by: str, reason: str = "") -> Statement:
        return self._happened.bind(consent_id=consent.id, kind=str(kind), at=micros(at), by=by, reason=reason)

    def _row(self, consent: Consent) -> Statement:
        assistance = consent.assistance
        return self._insert.bind(
            id=consent.id,
            subject_ref=consent.subject_ref,
            consumer=consent.consumer,
            purpose=consent.purpose,
            sources=_listed(consent.sources),
            given_by=consent.given_by.value,
            evidence=consent.evidence,
            notice_digest=consent.notice_digest,
            language=consent.language,
            given_at=micros(consent.given_at),
            until=micros(consent.until),
            recorded_by=consent.recorded_by,
            giver_ref=consent.giver,
            authority_until=micros(consent.authority_until) if consent.authority_until else None,
            categories=None if consent.categories is None else _listed(consent.categories),
            operations=_listed(consent.operations),
            uses=consent.uses,
            per=consent.per // timedelta(microseconds=1) if consent.per else None,
            assisted_by=assistance.official if assistance else "",
            witness=assistance.witness if assistance else "",
            scan_digest=assistance.scan_digest if assistance else "",
        )


def new_reference() -> str:
    """Give a fresh id that nobody can guess, unlike a UUIDv7, which tells its time."""
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


def notice_digest(text: str) -> str:
    """Give the digest by which a consent names the text that was shown."""
    return f"sha-256:{hashlib.sha256(text.encode()).hexdigest()}"


def _listed(words: Sequence[str]) -> str:
    return orjson.dumps(words).decode()


def _consent(rows: Sequence[Any]) -> Consent:
    row = rows[0]
    assisted = Assistance(OfficialId(row.assisted_by), row.witness, row.scan_digest)
    return Consent(
        id=row.id,
        subject_ref=SubjectRef(row.subject_ref),
        consumer=AgencyId(row.consumer),
        purpose=Purpose(row.purpose),
        sources=tuple(map(Source, orjson.loads(row.sources))),
        given_by=Giver(row.given_by),
        evidence=row.evidence,
        notice_digest=row.notice_digest,
        language=row.language,
        given_at=instant(row.given_at),
        until=instant(row.until),
        recorded_by=AgencyId(row.recorded_by),
        giver=SubjectRef(row.giver_ref) if row.giver_ref else None,
        authority_until=instant(row.authority_until) if row.authority_until is not None else None,
        categories=None if row.categories is None else tuple(orjson.loads(row.categories)),
        operations=tuple(orjson.loads(row.operations)),
        uses=row.uses,
        per=timedelta(microseconds=row.per) if row.per else None,
        assistance=assisted if row.assisted_by else None,
        endings={Ending(each.kind): instant(each.ended_at) for each in rows if each.kind},
        uses_left=row.uses_left,
    )
