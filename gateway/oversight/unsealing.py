"""Reading a sealed part of the record: one asks, another agrees, and then it is read once.

Every step is an entry before it takes effect, and the text is given only when its opening is on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Kind, new_id
from audit.log import Log
from audit.query import by_id
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.faults import ConflictError, NotFoundError
from gateway.oversight.sealed import SEALED, SealedParts
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import unsealings

LASTING = timedelta(hours=24)
"""How long a request waits for the second person, and then for the reading."""


@dataclass(frozen=True, slots=True)
class Unsealing:
    """One request to read the sealed part of an entry, and how far it has come.

    `state` is `requested`, `approved`, `refused` or `opened`.
    """

    id: str
    event_id: str
    subject_ref: SubjectRef
    agency: AgencyId
    requested_by: OfficialId
    reason: str
    approved_by: str
    state: str
    expires_at: datetime


class Unsealings:
    """The two-person rule over sealed parts."""

    def __init__(self, database: Database, log: Log, parts: SealedParts) -> None:
        self._database = database
        self._log = log
        self._parts = parts
        self._insert = Prepared(insert(unsealings), database.dialect)
        self._step = Prepared(
            update(unsealings)
            .where(unsealings.c.id == bindparam("unsealing"))
            .values(
                approved_by=bindparam("second"),
                # Where another step came first this is null, which the schema refuses with the entry.
                state=choose((unsealings.c.state == bindparam("was"), bindparam("becomes"))),
            ),
            database.dialect,
        )

    async def request(self, event_id: str, agency: AgencyId, official: OfficialId, reason: str) -> Unsealing:
        """Ask to read the sealed part of an entry; `reason` is a code.

        Raises:
            NotFoundError: no such entry, nothing sealed in it, or its person was erased.
        """
        async with self._database.reading() as connection:
            found = await by_id(connection, event_id)
        if found is None or SEALED not in found.event.details:
            raise NotFoundError
        ref = SubjectRef(found.event.subject_ref)
        await self._parts.key_of(ref)
        at = now()
        asked = Unsealing(new_id(), event_id, ref, agency, official, reason, "", "requested", at + LASTING)
        row = self._insert.bind(
            id=asked.id,
            event_id=event_id,
            subject_ref=ref,
            agency=agency,
            requested_by=official,
            reason=reason,
            approved_by=None,
            state="requested",
            expires_at=micros(asked.expires_at),
        )
        try:
            await self._log.note(_event(asked, "requested", at, agency, official), [row])
        except CompanionRefusedError:
            raise NotFoundError from None  # erased in between
        return asked

    async def decide(
        self,
        unsealing_id: str,
        agency: AgencyId,
        official: OfficialId,
        *,
        approves: bool,
    ) -> Unsealing:
        """Agree or refuse, as another person than the one who asked.

        Raises:
            NotFoundError: no such request, or its time is over.
            ConflictError: `same-person`, or `decided-already`.
        """
        asked = await self.get(unsealing_id)
        if (asked.agency, asked.requested_by) == (agency, official) or asked.requested_by == official:
            raise ConflictError("same-person")
        becomes = "approved" if approves else "refused"
        await self._take(asked, "requested", becomes, f"{agency}/{official}", (agency, official))
        return await self.get(unsealing_id)

    async def open(self, unsealing_id: str, agency: AgencyId, official: OfficialId) -> str:
        """Give the sealed text, once, to the person who asked.

        Raises:
            NotFoundError: no such request, somebody else's, its time is over, or its person was erased.
            ConflictError: not approved, or read already.
        """
        asked = await self.get(unsealing_id)
        if (asked.agency, asked.requested_by) != (agency, official):
            raise NotFoundError
        if asked.state != "approved":
            raise ConflictError(f"is-{asked.state}")
        async with self._database.reading() as connection:
            found = await by_id(connection, asked.event_id)
        if found is None:
            raise NotFoundError
        text = await self._parts.open(found.event)
        await self._take(asked, "approved", "opened", asked.approved_by, (agency, official))
        return text

    async def get(self, unsealing_id: str) -> Unsealing:
        """Read one request that is still in its time.

        Raises:
            NotFoundError: there is none.
        """
        live = unsealings.c.expires_at > micros(now())
        found = await self._read(select(unsealings).where(unsealings.c.id == unsealing_id, live))
        if not found:
            raise NotFoundError
        return found[0]

    async def waiting(self) -> Sequence[Unsealing]:
        """Read the requests that nobody has decided yet, the oldest first."""
        live = unsealings.c.expires_at > micros(now())
        query = select(unsealings).where(unsealings.c.state == "requested", live)
        return await self._read(query.order_by(unsealings.c.expires_at))

    async def live(self) -> Sequence[Unsealing]:
        """Read every request that is still in its time, the newest first, whatever came of it."""
        live = unsealings.c.expires_at > micros(now())
        return await self._read(select(unsealings).where(live).order_by(unsealings.c.expires_at.desc()))

    async def _take(
        self, asked: Unsealing, was: str, becomes: str, second: str, by: tuple[AgencyId, OfficialId]
    ) -> None:
        row = self._step.bind(unsealing=asked.id, second=second, was=was, becomes=becomes)
        try:
            await self._log.note(_event(asked, becomes, now(), *by, second), [row])
        except CompanionRefusedError:
            raise ConflictError("decided-already") from None

    async def _read(self, query: Any) -> list[Unsealing]:
        return [
            Unsealing(
                id=row.id,
                event_id=row.event_id,
                subject_ref=SubjectRef(row.subject_ref),
                agency=AgencyId(row.agency),
                requested_by=OfficialId(row.requested_by),
                reason=row.reason,
                approved_by=row.approved_by or "",
                state=row.state,
                expires_at=instant(row.expires_at),
            )
            for row in await self._database.fetch(query)
        ]


def _event(
    asked: Unsealing, result: str, at: datetime, agency: AgencyId, official: OfficialId, second: str = ""
) -> Event:
    return Event(
        kind=Kind.UNSEALING,
        at=at,
        agency=agency,
        official=official,
        subject_ref=asked.subject_ref,
        result=result,
        reason=asked.reason,
        details={
            "unsealing": asked.id,
            "of": asked.event_id,
            "requested_by": f"{asked.agency}/{asked.requested_by}",
            **({"approved_by": second} if second and result != "refused" else {}),
        },
    )
