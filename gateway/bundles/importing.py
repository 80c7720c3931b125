"""Taking a bundle in: its messages wait here for their recipient, each once, however often the file comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, insert, select, update

from audit.event import Event, Json, Kind
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId
from gateway.agencies import Agency
from gateway.bundles.bundle import Bundle, BundleRefusedError
from gateway.faults import NotFoundError
from gateway.storage.channel_tables import carried
from gateway.storage.engine import Database, Prepared, micros, now


class Importing:
    """Keeps what came in bundles until its recipient has it. `agencies` are those that fetch here."""

    def __init__(self, database: Database, record: Log, agencies: Mapping[AgencyId, Agency]) -> None:
        self._database = database
        self._log = record
        self._agencies = agencies
        named: dict[str, Any] = {
            column.name: bindparam(column.name) for column in carried.c if column.name != "seq"
        }
        self._row = Prepared(insert(carried).values(named), database.dialect)

    async def take(self, bundle: Bundle) -> int:
        """Keep what is new in a bundle, on record; give how much there was.

        Raises:
            BundleRefusedError: it is for an agency that does not fetch here (`not-for-here`), or is being
                imported by somebody else right now (`try-again`).
        """
        if bundle.agency not in self._agencies:
            raise BundleRefusedError("not-for-here")
        known = await self._known(bundle)
        fresh = {str(each["id"]): each for each in bundle.events if each["id"] not in known}
        at = now()
        rows = [
            self._row.bind(
                sender=bundle.sender,
                id=message_id,
                agency=bundle.agency,
                event=orjson.dumps(event),
                expires_at=micros(bundle.expires_at),
                came_at=micros(at),
                acknowledged_at=None,
            )
            for message_id, event in fresh.items()
        ]
        details: dict[str, Json] = {
            "bundle": bundle.id,
            "sender": bundle.sender,
            "messages": list(fresh),
            "known": len(known),
        }
        event = Event(Kind.BUNDLE, at, agency=bundle.agency, result="imported", details=details)
        try:
            await self._log.note(event, rows)
        except CompanionRefusedError:
            raise BundleRefusedError("try-again") from None
        return len(fresh)

    async def waiting(self, agency: AgencyId, limit: int) -> Sequence[Mapping[str, Any]]:
        """Give what came for an agency, in the order in which it was written, whatever order it came in."""
        mine = (carried.c.agency == agency, carried.c.acknowledged_at.is_(None))
        valid = carried.c.expires_at > micros(now())
        query = select(carried.c.event).where(*mine, valid).order_by(carried.c.id).limit(limit)
        return [orjson.loads(row.event) for row in await self._database.fetch(query)]

    async def acknowledge(self, agency: AgencyId, message_id: str) -> None:
        """Give a message no more. Raises `NotFoundError` for one that did not come for this agency."""
        mine = (carried.c.agency == agency, carried.c.id == message_id)
        done = update(carried).where(*mine).values(acknowledged_at=micros(now()))
        if not await self._database.write(done):
            raise NotFoundError

    async def _known(self, bundle: Bundle) -> frozenset[str]:
        query = select(carried.c.id).where(
            carried.c.sender == bundle.sender, carried.c.id.in_([each["id"] for each in bundle.events])
        )
        return frozenset(row.id for row in await self._database.fetch(query))
