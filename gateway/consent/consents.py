"""Consents on file: what was agreed to is written once, what became of it as events.

The state is computed from the events whenever it is needed (`contracts.decision`); every event is
committed together with the entry of the record that tells of it, so a withdrawal and a release
have one order that everybody sees.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import and_, insert, select

from audit.event import Event, Kind
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.facts import Giver
from contracts.vocabulary import AgencyId, Purpose, Source, SubjectRef
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import consent_events, consents


class ConsentState(StrEnum):
    """What a consent is worth at an instant."""

    GIVEN = "given"
    NOT_YET = "not-yet-valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent as it was given, and when it was withdrawn if it was.

    `evidence` refers to the document that gives a parent or guardian the right to consent;
    `notice_digest` is the SHA-256 of the text that was shown, in `language`.
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
    withdrawn_at: datetime | None = None

    def state(self, at: datetime) -> ConsentState:
        """Say what it is worth at an instant; the end is exclusive."""
        if self.withdrawn_at is not None:
            return ConsentState.WITHDRAWN
        if at < self.given_at:
            return ConsentState.NOT_YET
        return ConsentState.GIVEN if at < self.until else ConsentState.EXPIRED


ENDED: Mapping[str, str] = {
    "sqlite": "SELECT consent_id FROM consent_events WHERE kind <> 'given' "
    "AND consent_id IN (SELECT value FROM json_each(?))",
    "postgresql": "SELECT consent_id FROM consent_events WHERE kind <> 'given' "
    "AND consent_id IN (SELECT jsonb_array_elements_text($1::jsonb))",
}
"""The record's question before it takes a release: which of these consents have ended?"""


class Consents:
    """Gives and withdraws consents, and reads them back."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log
        self._insert = Prepared(insert(consents), database.dialect)
        self._happened = Prepared(insert(consent_events), database.dialect)

    async def give(self, consent: Consent, registration: Sequence[Statement] = ()) -> Consent:
        """Put a consent on file under a fresh id that nobody can guess, and its person if she is new.

        Raises:
            ConflictError: somebody else was writing the same person at the same time.
        """
        fresh = replace(consent, id=str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)))
        row = self._insert.bind(
            id=fresh.id,
            subject_ref=fresh.subject_ref,
            consumer=fresh.consumer,
            purpose=fresh.purpose,
            sources=orjson.dumps(fresh.sources).decode(),
            given_by=fresh.given_by.value,
            evidence=fresh.evidence,
            notice_digest=fresh.notice_digest,
            language=fresh.language,
            given_at=micros(fresh.given_at),
            until=micros(fresh.until),
            recorded_by=fresh.recorded_by,
        )
        at = now()
        given = self._happening(fresh.id, "given", at, fresh.recorded_by)
        try:
            await self._log.note(_event(fresh, fresh.recorded_by, "given", at), [*registration, row, given])
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return fresh

    async def withdraw(self, consent: Consent, by: AgencyId, reason: str) -> Consent:
        """Withdraw it, effective for every release that the record has not yet taken.

        Withdrawing twice is withdrawing once: the first instant stands.
        """
        if consent.withdrawn_at is not None:
            return consent
        at = now()
        try:
            await self._log.note(
                _event(consent, by, "withdrawn", at, reason),
                [self._happening(consent.id, "withdrawn", at, by, reason)],
            )
        except CompanionRefusedError:
            return await self.get(consent.id)
        return replace(consent, withdrawn_at=at)

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

    async def _select(self, condition: Any) -> list[Consent]:
        withdrawn = and_(consent_events.c.consent_id == consents.c.id, consent_events.c.kind == "withdrawn")
        statement = (
            select(consents, consent_events.c.at.label("withdrawn_at"))
            .select_from(consents.outerjoin(consent_events, withdrawn))
            .where(condition)
            .order_by(consents.c.given_at.desc(), consents.c.id)
        )
        return [_consent(row) for row in await self._database.fetch(statement)]

    def _happening(self, consent_id: str, kind: str, at: datetime, by: str, reason: str = "") -> Statement:
        return self._happened.bind(consent_id=consent_id, kind=kind, at=micros(at), by=by, reason=reason)


def notice_digest(text: str) -> str:
    """Give the digest by which a consent names the text that was shown."""
    return f"sha-256:{hashlib.sha256(text.encode()).hexdigest()}"


def _event(consent: Consent, by: AgencyId, result: str, at: datetime, reason: str = "") -> Event:
    return Event(
        kind=Kind.CONSENT,
        at=at,
        agency=by,
        purpose=consent.purpose,
        subject_ref=consent.subject_ref,
        result=result,
        reason=reason,
        details={
            "consent": consent.id,
            "consumer": consent.consumer,
            "sources": list(consent.sources),
            "given_by": consent.given_by.value,
            "notice": consent.notice_digest,
        },
    )


def _consent(row: Any) -> Consent:
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
        withdrawn_at=instant(row.withdrawn_at) if row.withdrawn_at else None,
    )
