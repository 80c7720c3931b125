"""How often each registry was asked, and how often it was not: counted by day and purpose, kept for a note.

Counting is done in memory and added to the database every few seconds, so a question costs no write. Quotas
are held against the database's sum of all processes as it was read last, plus our own since: exact for one
process, and off by a few seconds of the others' questions where there are several.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from contracts.vocabulary import Purpose, Source
from gateway.faults import StorageUnavailableError
from gateway.storage.engine import Database, now
from gateway.storage.tables import source_calls

EVERY: Final = 5.0
"""Seconds between two writings."""

log = structlog.get_logger()


@dataclass(slots=True)
class Count:
    """What was done with the questions for one registry.

    `asked`: went out. `repeated`: went out once more. `joined`: an identical one was under way. `spared`: not
    sent, since the registry was resting, being maintained, or its quota was used up.
    """

    asked: int = 0
    repeated: int = 0
    joined: int = 0
    spared: int = 0


COUNTED: Final = tuple(each.name for each in fields(Count))
Key = tuple[str, Source, Purpose]


class Calls:
    """The counts of this process that are not written yet, and what all had written today.

    Two processes may write at once: each adds.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._clock = clock
        self._unwritten: dict[Key, Count] = {}
        self._written: dict[Key, int] = {}
        insert = postgresql.insert if database.dialect.name == "postgresql" else sqlite.insert
        statement = insert(source_calls)
        table = source_calls.c
        self._add: Any = statement.on_conflict_do_update(
            index_elements=["day", "source", "purpose"],
            set_={name: table[name] + statement.excluded[name] for name in COUNTED},
        )

    def of(self, source: Source, purpose: Purpose) -> Count:
        """Give today's count to add to."""
        key = self._key(source, purpose)
        count = self._unwritten.get(key)
        if count is None:
            count = self._unwritten[key] = Count()
        return count

    def asked_today(self, source: Source, purpose: Purpose) -> int:
        """Give how many questions went out today, by all processes as far as is known."""
        key = self._key(source, purpose)
        count = self._unwritten.get(key)
        return self._written.get(key, 0) + (count.asked if count else 0)

    def _key(self, source: Source, purpose: Purpose) -> Key:
        return self._clock().date().isoformat(), source, purpose

    async def run(self) -> None:
        """Write every few seconds until cancelled, and once more then."""
        try:
            while True:
                await self.write()
                await asyncio.sleep(EVERY)
        finally:
            await self.write()

    async def write(self) -> None:
        """Add what is unwritten to the database, and read what all have asked today."""
        taken, self._unwritten = self._unwritten, {}
        for (day, source, purpose), count in taken.items():
            values = {name: getattr(count, name) for name in COUNTED}
            try:
                await self._database.write(self._add, day=day, source=source, purpose=purpose, **values)
            except StorageUnavailableError:
                # It may have been added all the same: a note that is too low is better than one too high.
                log.warning("calls.unwritten", source=source, count=count.asked)
        try:
            await self._read()
        except StorageUnavailableError:
            log.warning("calls.unread")

    async def _read(self) -> None:
        today = self._clock().date().isoformat()
        rows = await self._database.fetch(select(source_calls).where(source_calls.c.day == today))
        self._written = {(row.day, row.source, row.purpose): row.asked for row in rows}


async def month_of(database: Database, source: Source, month: str) -> Count:
    """Sum one registry's counts of a month, spelt `2026-11`."""
    columns = source_calls.c
    sums = [func.coalesce(func.sum(columns[name]), 0).label(name) for name in COUNTED]
    chosen = select(*sums).where(
        columns.source == source, columns.day.startswith(f"{month}-", autoescape=True)
    )
    (row,) = await database.fetch(chosen)
    return Count(**{name: int(getattr(row, name)) for name in COUNTED})
