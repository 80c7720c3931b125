"""The acts on file: begun from an answer, written in, completed; sealed under the person's key.

An act is its agency's document. The gateway keeps a draft only so that it can be worked on, and forgets it
thirty days after the last word was written in it; the agency exports what it files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
from sqlalchemy import BigInteger, Integer, LargeBinary, String, bindparam, delete, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind
from audit.log import Log
from audit.query import release_of
from audit.store import CompanionRefusedError, Statement
from contracts.vocabulary import AgencyId, CaseId, OfficialId, SubjectRef
from gateway.assessment.act import (
    Act,
    State,
    begin_with,
    changed,
    edit,
    entries_as_json,
    entries_from_json,
    without,
)
from gateway.assessment.form import Form
from gateway.assessment.prefill import prefill
from gateway.assessment.told import Told
from gateway.assessment.withdrawn import withdrawn_sources
from gateway.consent.consents import Consents, new_reference
from gateway.faults import ConflictError, NotFoundError, PreconditionError
from gateway.oversight.sealed import SealedParts
from gateway.sealing.envelope import Context, SubjectKey
from gateway.spelling import Spelling
from gateway.storage.assessment_tables import assessments
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import subjects

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One act in a list, unopened."""

    id: str
    state: State
    official: str
    begun_at: datetime
    changed_at: datetime


class Assessments:
    """Begins, reads and changes the acts of one deployment. Every change is an entry of the record."""

    def __init__(
        self, database: Database, log: Log, parts: SealedParts, consents: Consents, form: Form
    ) -> None:
        self._database = database
        self._log = log
        self._parts = parts
        self._consents = consents
        self.form = form
        self._insert = Prepared(insert(assessments), database.dialect)
        self._update = Prepared(
            update(assessments)
            .where(assessments.c.id == bindparam("act"))
            .values(
                cells=bindparam("new_cells", type_=LargeBinary),
                state=bindparam("new_state", type_=String),
                changed_at=bindparam("new_changed", type_=BigInteger),
                expires_at=bindparam("new_expires", type_=BigInteger),
                # Where another version stands by now this is null, which the schema refuses with the entry.
                version=choose(
                    (assessments.c.version == bindparam("was"), bindparam("becomes", type_=Integer))
                ),
            ),
            database.dialect,
        )

    async def begin(
        self,
        agency: AgencyId,
        official: OfficialId,
        case: CaseId,
        told: Told,
        spelling: Spelling,
        heading: Mapping[str, str],
    ) -> Act:
        """Begin an act from an answer that this agency may read now; `heading` is written in at once.

        Raises:
            NotFoundError: no release of that exchange to this agency, or the person was erased.
        """
        async with self._database.reading() as connection:
            release = await release_of(connection, told.exchange_id)
        if release is None or release.event.agency != agency or release.event.case != case:
            raise NotFoundError
        at, ref = now(), SubjectRef(release.event.subject_ref)
        fresh = Act(
            id=new_reference(),
            agency=agency,
            case=case,
            subject_ref=ref,
            exchange_id=told.exchange_id,
            official=official,
            form=self.form.id,
            form_version=self.form.version,
            language=spelling.language,
            state=State.DRAFT,
            entries=begin_with(prefill(self.form, told, spelling.vocabulary, spelling)),
            version=1,
            begun_at=at,
            changed_at=at,
        )
        act = edit(self.form, fresh, heading, official, at)
        key = await self._parts.key_of(ref)
        await self._log.note(self._event(act, official, "begun", []), [self._row(act, key)])
        return act

    async def get(self, act_id: str, agency: AgencyId, official: OfficialId) -> Act:
        """Open an act for its own agency. The reading is on record before it is given.

        Raises:
            NotFoundError: unknown, another agency's, or forgotten.
        """
        act, _ = await self._opened(act_id, agency)
        await self._log.note(self._event(act, official, "read", []))
        return act

    async def change(
        self,
        act_id: str,
        agency: AgencyId,
        official: OfficialId,
        changes: Mapping[str, str],
        if_match: int | Literal["*"] | None,
        *,
        complete: bool = False,
    ) -> Act:
        """Write into cells, or complete it. Writing what stands there already is no change.

        Raises:
            NotFoundError: unknown, another agency's, or forgotten.
            PreconditionError: `if_match` names a version that is not the current one.
            ConflictError: it is completed, cells are disputed still, or somebody wrote meanwhile.
            BodyInvalidError: a cell or text that the form does not take.
        """
        act, key = await self._opened(act_id, agency)
        if if_match not in {None, "*", act.version}:
            raise PreconditionError
        if act.state is State.COMPLETED:
            raise ConflictError("act-completed")
        after = edit(self.form, act, changes, official, now())
        cells = changed(act, after)
        if complete and any(entry.disputed for entry in after.entries.values()):
            raise ConflictError("cells-disputed")
        if not cells and not complete:
            return act
        state = State.COMPLETED if complete else State.DRAFT
        after = replace(after, state=state, version=act.version + 1)
        event = self._event(after, official, "completed" if complete else "changed", cells)
        try:
            await self._log.note(event, [self._rewritten(act, after, key)])
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return after

    async def note_export(self, act: Act, official: OfficialId, kind: str) -> None:
        """Put on record that an act left as a file."""
        await self._log.note(self._event(act, official, "exported", [], {"format": kind}))

    async def of_case(self, agency: AgencyId, case: CaseId) -> Sequence[Line]:
        """List the acts of a case, the newest first, unopened."""
        rows = await self._database.fetch(
            select(assessments)
            .where(assessments.c.agency == agency, assessments.c.case_id == case)
            .where(assessments.c.expires_at > micros(now()))
            .order_by(assessments.c.begun_at.desc(), assessments.c.id)
        )
        return [_line(row) for row in rows]

    async def _opened(self, act_id: str, agency: AgencyId) -> tuple[Act, SubjectKey]:
        rows = await self._database.fetch(
            select(assessments, subjects.c.wrapped_key, subjects.c.kek_version)
            .join(subjects, subjects.c.ref == assessments.c.subject_ref)
            .where(assessments.c.id == act_id, assessments.c.agency == agency)
            .where(assessments.c.expires_at > micros(now()))
        )
        if not rows:
            raise NotFoundError
        row = rows[0]
        ref = SubjectRef(row.subject_ref)
        key = SubjectKey.unwrap(self._parts.ring, ref, row.wrapped_key, row.kek_version)
        entries = orjson.loads(key.open(row.cells, self._context(act_id)))
        return without(
            _act(row, entries), await withdrawn_sources(self._database, self._consents, row.exchange_id)
        ), key

    def _row(self, act: Act, key: SubjectKey) -> Statement:
        return self._insert.bind(
            id=act.id,
            agency=act.agency,
            case_id=act.case,
            subject_ref=act.subject_ref,
            exchange_id=act.exchange_id,
            official=act.official,
            form=act.form,
            form_version=act.form_version,
            language=act.language,
            state=act.state.value,
            cells=self._sealed(act, key),
            version=act.version,
            begun_at=micros(act.begun_at),
            changed_at=micros(act.changed_at),
            expires_at=micros(act.changed_at + KEPT),
        )

    def _rewritten(self, before: Act, after: Act, key: SubjectKey) -> Statement:
        return self._update.bind(
            act=after.id,
            was=before.version,
            becomes=after.version,
            new_cells=self._sealed(after, key),
            new_state=after.state.value,
            new_changed=micros(after.changed_at),
            new_expires=micros(after.changed_at + KEPT),
        )

    def _sealed(self, act: Act, key: SubjectKey) -> bytes:
        return key.seal(orjson.dumps(entries_as_json(act.entries)), self._context(act.id))

    def _context(self, act_id: str) -> Context:
        return Context(self._parts.tenant, "assessments", act_id, "cells")

    def _event(
        self,
        act: Act,
        official: OfficialId,
        result: str,
        cells: Sequence[str],
        more: Mapping[str, Json] | None = None,
    ) -> Event:
        details: dict[str, Json] = {"assessment": act.id, "form": f"{act.form}/{act.form_version}"}
        if cells:
            details["cells"] = list(cells)
        return Event(
            kind=Kind.ASSESSMENT,
            at=now(),
            exchange_id=act.exchange_id,
            agency=act.agency,
            official=official,
            case=act.case,
            subject_ref=act.subject_ref,
            result=result,
            details={**details, **(more or {})},
        )


async def forget_acts(database: Database) -> int:
    """Delete the acts whose time is over; give how many."""
    return await database.write(delete(assessments).where(assessments.c.expires_at <= micros(now())))


def _act(row: Any, entries: Mapping[str, Any]) -> Act:
    return Act(
        id=row.id,
        agency=AgencyId(row.agency),
        case=CaseId(row.case_id),
        subject_ref=SubjectRef(row.subject_ref),
        exchange_id=row.exchange_id,
        official=OfficialId(row.official),
        form=row.form,
        form_version=row.form_version,
        language=row.language,
        state=State(row.state),
        entries=entries_from_json(entries),
        version=row.version,
        begun_at=instant(row.begun_at),
        changed_at=instant(row.changed_at),
    )


def _line(row: Any) -> Line:
    return Line(row.id, State(row.state), row.official, instant(row.begun_at), instant(row.changed_at))
