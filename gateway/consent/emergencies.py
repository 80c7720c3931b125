"""Emergency access with a brake: declared on record, over within the hour, reviewed by a second person.

The terms and the rules are the contract's (`contracts.admission`); here an emergency gets its window,
its review and its place in the record. An agency that lets a review become overdue has none more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, String, bindparam, func, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Kind, stamp
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.clauses import LONGEST_EMERGENCY, EmergencyTerms
from contracts.contract import Mandate
from contracts.facts import EmergencyFact
from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.consent.standing import Standing
from gateway.faults import ConflictError, NotFoundError
from gateway.query import Query
from gateway.sealing.envelope import Context, SubjectKey
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.ground_tables import emergencies
from gateway.storage.tables import subjects


class Verdict(StrEnum):
    """What the second person found."""

    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


@dataclass(frozen=True, slots=True)
class Emergency:
    """One declared emergency. `id` is the exchange that declared it; `verdict` is empty until its review."""

    id: str
    agency: AgencyId
    official: OfficialId
    case: str
    purpose: str
    subject_ref: SubjectRef
    begun_at: datetime
    ends_at: datetime
    review_due: datetime
    reviewed_at: datetime | None
    reviewer: str
    verdict: str


class Emergencies:
    """Declares emergencies, lists them, and takes the reviews."""

    def __init__(self, database: Database, ring: KeyRing, log: Log, tenant: str) -> None:
        self._database = database
        self._ring = ring
        self._log = log
        self._tenant = tenant
        self._insert = Prepared(insert(emergencies), database.dialect)
        # Where somebody reviewed it in between this is null, which the schema refuses with the entry.
        unreviewed = choose((emergencies.c.reviewed_at.is_(None), bindparam("found", type_=String)))
        self._review = Prepared(
            update(emergencies)
            .where(emergencies.c.exchange_id == bindparam("which"))
            .values(
                reviewed_at=bindparam("when", type_=BigInteger),
                reviewer=bindparam("who", type_=String),
                note=bindparam("said", type_=LargeBinary),
                verdict=unreviewed,
            ),
            database.dialect,
        )

    async def claimed(
        self, agency: AgencyId, query: Query, standing: Standing, at: datetime
    ) -> EmergencyFact | None:
        """Give what the evaluator must know of the emergency that a query claims, None where it claims none.

        One that this official has declared for this person and case goes on until its hour is over.
        """
        if query.emergency is None:
            return None
        mine = (
            emergencies.c.agency == agency,
            emergencies.c.official == query.official,
            emergencies.c.case_id == (query.case or ""),
            emergencies.c.purpose == query.purpose,
            emergencies.c.subject_ref == standing.ref,
            emergencies.c.ends_at > micros(at),
        )
        late = (
            emergencies.c.agency == agency,
            emergencies.c.reviewed_at.is_(None),
            emergencies.c.review_due <= micros(at),
        )
        overdue = select(func.count()).select_from(emergencies).where(*late).scalar_subquery()
        running = select(emergencies.c.exchange_id, emergencies.c.begun_at).where(*mine).limit(1).subquery()
        base = select(overdue.label("overdue")).subquery()
        statement = select(base.c.overdue, running).select_from(
            base.outerjoin(running, running.c.exchange_id.is_not(None))
        )
        [row] = await self._database.fetch(statement)
        return EmergencyFact(
            id=row.exchange_id or query.exchange_id,
            declared_by=query.official,
            role=query.role,
            reason_length=len(query.emergency),
            second_factor=query.second_factor,
            begun=instant(row.begun_at) if row.begun_at is not None else at,
            reviews_overdue=row.overdue,
        )

    async def declare(
        self, fact: EmergencyFact, mandate: Mandate, query: Query, standing: Standing, terms: EmergencyTerms
    ) -> None:
        """Put on record that an emergency has begun, and its review with it. One that goes on is not new.

        Raises:
            AuditUnavailableError: it is not on record, so nothing may be asked.
        """
        if fact.id != query.exchange_id:
            return
        due = mandate.obligations.review_by or fact.begun + terms.review
        row = self._insert.bind(
            exchange_id=fact.id,
            subject_ref=standing.ref,
            agency=mandate.grant.agency,
            official=query.official,
            case_id=query.case or "",
            purpose=query.purpose,
            reason=standing.key.seal((query.emergency or "").encode(), self._context(fact.id, "reason")),
            begun_at=micros(fact.begun),
            ends_at=micros(fact.begun + min(terms.lasting, LONGEST_EMERGENCY)),
            review_due=micros(due),
            reviewed_at=None,
            reviewer="",
            verdict="",
            note=None,
        )
        event = Event(
            kind=Kind.EMERGENCY,
            at=now(),
            exchange_id=fact.id,
            agency=mandate.grant.agency,
            official=query.official,
            case=query.case or "",
            purpose=query.purpose,
            subject_ref=standing.ref,
            contract=mandate.grant.contract.digest,
            result="declared",
            details={"emergency": fact.id, "role": query.role, "review_due": stamp(due)},
        )
        await self._log.note(event, [row])

    async def of(self, agency: AgencyId | None, *, unreviewed: bool) -> Sequence[Emergency]:
        """List an agency's emergencies, or everybody's, the first due for review first."""
        statement = select(emergencies).order_by(emergencies.c.review_due, emergencies.c.exchange_id)
        if agency is not None:
            statement = statement.where(emergencies.c.agency == agency)
        if unreviewed:
            statement = statement.where(emergencies.c.reviewed_at.is_(None))
        return [_emergency(row) for row in await self._database.fetch(statement.limit(1000))]

    async def reason(self, emergency_id: str, agency: AgencyId) -> str:
        """Give the official's words, for the one who reviews them.

        Raises:
            NotFoundError: unknown, or another agency's.
        """
        row = await self._row(emergency_id, agency)
        return self._key(row).open(row.reason, self._context(emergency_id, "reason")).decode()

    async def review(
        self, emergency_id: str, agency: AgencyId, reviewer: OfficialId, verdict: Verdict, note: str
    ) -> Emergency:
        """Take the second person's word, once; late is better than never, and lifts the block.

        Raises:
            NotFoundError: unknown, or another agency's.
            ConflictError: the reviewer declared it, or it has been reviewed.
        """
        row = await self._row(emergency_id, agency)
        if row.official == reviewer:
            raise ConflictError("own-emergency")
        if row.reviewed_at is not None:
            raise ConflictError("reviewed-before")
        at = now()
        done = self._review.bind(
            which=emergency_id,
            when=micros(at),
            who=reviewer,
            found=verdict.value,
            said=self._key(row).seal(note.encode(), self._context(emergency_id, "note")),
        )
        event = Event(
            kind=Kind.EMERGENCY,
            at=at,
            exchange_id=emergency_id,
            agency=agency,
            official=reviewer,
            case=row.case_id,
            purpose=row.purpose,
            subject_ref=row.subject_ref,
            result="reviewed",
            reason=verdict.value,
            details={"emergency": emergency_id, "late": at >= instant(row.review_due)},
        )
        try:
            await self._log.note(event, [done])
        except CompanionRefusedError:
            raise ConflictError("reviewed-before") from None
        return _emergency(await self._row(emergency_id, agency))

    async def _row(self, emergency_id: str, agency: AgencyId) -> Any:
        rows = await self._database.fetch(
            select(emergencies, subjects.c.wrapped_key, subjects.c.kek_version)
            .join(subjects, subjects.c.ref == emergencies.c.subject_ref)
            .where(emergencies.c.exchange_id == emergency_id, emergencies.c.agency == agency)
        )
        if not rows:
            raise NotFoundError
        return rows[0]

    def _key(self, row: Any) -> SubjectKey:
        return SubjectKey.unwrap(self._ring, SubjectRef(row.subject_ref), row.wrapped_key, row.kek_version)

    def _context(self, emergency_id: str, part: str) -> Context:
        return Context(self._tenant, "emergencies", emergency_id, part)


def _emergency(row: Any) -> Emergency:
    return Emergency(
        id=row.exchange_id,
        agency=AgencyId(row.agency),
        official=OfficialId(row.official),
        case=row.case_id,
        purpose=row.purpose,
        subject_ref=SubjectRef(row.subject_ref),
        begun_at=instant(row.begun_at),
        ends_at=instant(row.ends_at),
        review_due=instant(row.review_due),
        reviewed_at=instant(row.reviewed_at) if row.reviewed_at is not None else None,
        reviewer=row.reviewer,
        verdict=row.verdict,
    )
