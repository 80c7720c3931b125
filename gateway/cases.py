"""Open cases: they bind a person, a case number and the officials who work on it; nothing else is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import orjson
from sqlalchemy import Integer, bindparam, insert, or_, select, update
from sqlalchemy import case as choose

from audit.event import Event, Kind
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.vocabulary import AgencyId, CaseId, OfficialId, Subject, SubjectRef
from gateway.consent.ground import CaseNotOpenError
from gateway.faults import ConflictError, NotFoundError, PreconditionError
from gateway.storage.engine import Database, Prepared, now
from gateway.storage.tables import cases
from gateway.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one agency. `closed` is the first day on which it is no longer open."""

    id: CaseId
    subject_ref: SubjectRef
    officials: tuple[OfficialId, ...]
    opened: date
    closed: date | None
    version: int


class Cases:
    """Keeps an agency's cases; each change is an entry of the record, committed with it."""

    def __init__(self, database: Database, log: Log, subjects: Subjects) -> None:
        self._database = database
        self._log = log
        self._subjects = subjects
        self._insert = Prepared(insert(cases), database.dialect)
        self._update = Prepared(
            update(cases)
            .where(cases.c.agency == bindparam("of"), cases.c.id == bindparam("case"))
            .values(
                officials=bindparam("new_officials"),
                opened=bindparam("new_opened"),
                closed=bindparam("new_closed"),
                # Where another version stands by now this is null, which the schema refuses: a change
                # that would undo somebody's takes its entry with it.
                version=choose((cases.c.version == bindparam("was"), bindparam("becomes", type_=Integer))),
            ),
            database.dialect,
        )

    async def get(self, agency: AgencyId, case: CaseId) -> Case:
        """Read one case of this agency.

        Raises:
            NotFoundError: unknown, or another agency's.
        """
        rows = await self._database.fetch(select(cases).where(cases.c.agency == agency, cases.c.id == case))
        if not rows:
            raise NotFoundError
        return _case(rows[0])

    async def of_official(
        self,
        agency: AgencyId,
        official: OfficialId,
        after: str = "",
        limit: int = 50,
        *,
        closed: bool = False,
    ) -> Sequence[Case]:
        """Give a page of the cases on which an official works, in the order of their numbers.

        Those that are over are left out unless `closed`. `after` is the last number of the page before.
        """
        wanted = select(cases).where(
            cases.c.agency == agency,
            cases.c.id > after,
            cases.c.officials.contains(f'"{official}"', autoescape=True),
        )
        if not closed:
            today = now().date().isoformat()
            wanted = wanted.where(or_(cases.c.closed.is_(None), cases.c.closed > today))
        rows = await self._database.fetch(wanted.order_by(cases.c.id).limit(limit))
        return [_case(row) for row in rows]

    async def require_open(
        self, agency: AgencyId, case: CaseId, subject: Subject, official: OfficialId
    ) -> SubjectRef:
        """Give the person of an open case of this agency, on which this official works.

        Raises:
            CaseNotOpenError: it is not open today, not this person's or not this official's.
        """
        try:
            known = await self.get(agency, case)
        except NotFoundError:
            raise CaseNotOpenError("case-unknown") from None
        today = now().date()
        if known.opened > today or (known.closed is not None and known.closed <= today):
            raise CaseNotOpenError("case-closed")
        try:
            ref = await self._subjects.known(subject)
        except ConflictError:
            ref = None
        if ref != known.subject_ref:
            raise CaseNotOpenError("case-other-person")
        if official not in known.officials:
            raise CaseNotOpenError("official-not-on-case")
        return known.subject_ref

    async def put(
        self,
        agency: AgencyId,
        case: CaseId,
        subject: Subject,
        officials: Sequence[OfficialId],
        opened: date,
        closed: date | None,
        if_match: int | Literal["*"] | None = None,
        masks: Sequence[str] = (),
    ) -> Case:
        """Open a case, or change its officials and dates. A case never changes its person.

        Raises:
            ConflictError: the case is another person's, or the identifiers are of several people.
            PreconditionError: `if_match` names a version that is not the current one; `*` is any.
        """
        registration = await self._subjects.register(subject, masks)
        try:
            known = await self.get(agency, case)
        except NotFoundError:
            known = None
        if known and known.subject_ref != registration.ref:
            raise ConflictError("case-of-another-person")
        if if_match is not None and (known is None or if_match not in {"*", known.version}):
            raise PreconditionError
        version = known.version + 1 if known else 1
        new = Case(case, registration.ref, tuple(officials), opened, closed, version)
        write = self._written(agency, new, known)
        event = Event(
            kind=Kind.CASE,
            at=now(),
            agency=agency,
            case=case,
            subject_ref=registration.ref,
            result="changed" if known else "opened",
            details={"officials": list(officials), "opened": str(opened), "closed": str(closed or "")},
        )
        try:
            await self._log.note(event, [*registration.statements, write])
        except CompanionRefusedError:
            # Somebody wrote the same case or person in between: what is on record now decides.
            raise ConflictError("changed-meanwhile") from None
        return new

    def _written(self, agency: AgencyId, new: Case, known: Case | None) -> Statement:
        officials = orjson.dumps(new.officials).decode()
        closed = new.closed.isoformat() if new.closed else None
        if known is None:
            return self._insert.bind(
                agency=agency,
                id=new.id,
                subject_ref=new.subject_ref,
                officials=officials,
                opened=new.opened.isoformat(),
                closed=closed,
                version=new.version,
            )
        return self._update.bind(
            of=agency,
            case=new.id,
            was=known.version,
            new_officials=officials,
            new_opened=new.opened.isoformat(),
            new_closed=closed,
            becomes=new.version,
        )


def _case(row: Any) -> Case:
    return Case(
        id=CaseId(row.id),
        subject_ref=SubjectRef(row.subject_ref),
        officials=tuple(map(OfficialId, orjson.loads(row.officials))),
        opened=date.fromisoformat(row.opened),
        closed=date.fromisoformat(row.closed) if row.closed else None,
        version=row.version,
    )
