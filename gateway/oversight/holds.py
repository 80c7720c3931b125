"""Legal holds: while one stands, nothing of the person is erased, by nobody, for no reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind, new_id, stamp
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, SubjectRef
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import legal_holds


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold: on whose data, by which act, and until when (None: until it is lifted)."""

    id: str
    subject_ref: SubjectRef
    citation: str
    placed_by: AgencyId
    placed_at: datetime
    until: datetime | None
    lifted_at: datetime | None = None

    def stands(self, at: datetime) -> bool:
        """Say whether it still holds at an instant."""
        return self.lifted_at is None and (self.until is None or at < self.until)


def standing(at: int) -> Any:
    """Give the condition that a hold stands at an instant (microseconds)."""
    return legal_holds.c.lifted_at.is_(None) & or_(legal_holds.c.until.is_(None), legal_holds.c.until > at)


class Holds:
    """Places and lifts holds; each is an entry of the record."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log
        self._insert = Prepared(insert(legal_holds), database.dialect)
        self._lift = Prepared(
            update(legal_holds)
            .where(legal_holds.c.id == bindparam("hold"))
            # Lifted twice is null, which the schema refuses with the whole entry.
            .values(
                lifted_at=bindparam("at"),
                placed_at=choose((legal_holds.c.lifted_at.is_(None), legal_holds.c.placed_at)),
            ),
            database.dialect,
        )

    async def place(
        self, ref: SubjectRef, citation: str, until: datetime | None, by: AgencyId, official: str
    ) -> Hold:
        """Put a hold on a person's data; it stands when this returns.

        Raises:
            ConflictError: the person was erased in between.
        """
        hold = Hold(new_id(), ref, citation, by, now(), until)
        row = self._insert.bind(
            id=hold.id,
            subject_ref=ref,
            citation=citation,
            placed_by=by,
            placed_at=micros(hold.placed_at),
            until=micros(until) if until else None,
            lifted_at=None,
        )
        said = {"hold": hold.id, "citation": citation, "until": stamp(until) if until else ""}
        try:
            await self._log.note(_event(hold, "placed", hold.placed_at, by, official, said), [row])
        except CompanionRefusedError:
            raise ConflictError("erased-meanwhile") from None
        return hold

    async def lift(self, hold_id: str, by: AgencyId, official: str) -> Hold:
        """Lift one.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: it was lifted already.
        """
        hold = await self.get(hold_id)
        at = now()
        event = _event(hold, "lifted", at, by, official, {"hold": hold_id})
        try:
            await self._log.note(event, [self._lift.bind(hold=hold_id, at=micros(at))])
        except CompanionRefusedError:
            raise ConflictError("lifted-already") from None
        return await self.get(hold_id)

    async def get(self, hold_id: str) -> Hold:
        """Read one.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = await self._read(select(legal_holds).where(legal_holds.c.id == hold_id))
        if not found:
            raise NotFoundError
        return found[0]

    async def of(self, ref: SubjectRef) -> Sequence[Hold]:
        """Read a person's holds, lifted ones too, the newest first."""
        mine = select(legal_holds).where(legal_holds.c.subject_ref == ref)
        return await self._read(mine.order_by(legal_holds.c.placed_at.desc()))

    async def _read(self, query: Any) -> list[Hold]:
        return [_hold(row) for row in await self._database.fetch(query)]


def _hold(row: Any) -> Hold:
    return Hold(
        id=row.id,
        subject_ref=SubjectRef(row.subject_ref),
        citation=row.citation,
        placed_by=AgencyId(row.placed_by),
        placed_at=instant(row.placed_at),
        until=instant(row.until) if row.until is not None else None,
        lifted_at=instant(row.lifted_at) if row.lifted_at is not None else None,
    )


def _event(
    hold: Hold, result: str, at: datetime, by: AgencyId, official: str, details: Mapping[str, Json]
) -> Event:
    return Event(
        kind=Kind.HOLD,
        at=at,
        agency=by,
        official=official,
        subject_ref=hold.subject_ref,
        result=result,
        details=details,
    )
