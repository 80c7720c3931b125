"""The only signer of heads: extends the tiles from new entries and signs what they add up to.

Crash recovery is no second program: every publication begins where the last committed one ended,
and tiles and head are committed together. A publisher that fails or dies loses its office and
nothing else; whoever is elected next goes on from the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from audit.checkpoint import Checkpoint
from audit.election import elected
from audit.merkle import leaf_hash
from audit.months import Months
from audit.note import Signer
from audit.store import AuditUnavailableError, LogDamagedError, microseconds
from audit.tables import checkpoints, tiles
from audit.tiles import Growth, Key
from audit.tree import Inclusion, inclusion, last_signed, read_entries, resume, size_of

AWAY = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a database that is away raises; not all of it passes through SQLAlchemy's own errors."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Publisher:
    """Keeps the signed head at most `every` seconds behind the entries, for one log.

    `run` in any number of processes: one is elected, the others wait to take over.
    """

    engine: AsyncEngine
    signer: Signer
    every: float = 1.0
    now: Callable[[], datetime] = _now
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def check(self) -> int:
        """Derive the tree anew from every entry and give its size; call it before serving.

        Raises `LogDamagedError` if an entry is missing, differs from its leaf hash's tree as signed,
        or if the head was signed by another key: then nothing may be appended or signed.
        """
        async with self.engine.connect() as connection:
            signed = await last_signed(connection, self.signer.verifier)
            last = signed[1] if signed else None
            size = await size_of(connection)
            if last and last.size > size:
                raise LogDamagedError("entries-fewer-than-signed")
            growth = Growth()
            async for entry in read_entries(connection, 0, size):
                if last and growth.size == last.size and growth.root() != last.root:
                    raise LogDamagedError("entries-differ-from-signed")
                growth.append(leaf_hash(entry))
                growth.fresh.clear()
            if last and growth.size == last.size and growth.root() != last.root:
                raise LogDamagedError("entries-differ-from-signed")
            return growth.size

    async def run(self) -> None:
        """Stand for election and publish while elected, until cancelled.

        A database that is away is waited for. `LogDamagedError` ends the run: nothing is signed
        over a contradiction.
        """
        months = Months(self.now)
        while True:
            with suppress(*AWAY):
                async with elected(self.engine) as connection:
                    while connection is not None:
                        await months.look_after(connection)
                        await self._extend(connection)
                        await self._wait()
            await asyncio.sleep(self.every)

    async def publish(self) -> bool:
        """Publish now if nobody else holds the office; say whether it was done. For when nothing runs."""
        async with elected(self.engine) as connection:
            if connection is None:
                return False
            await self._extend(connection)
            return True

    def hurry(self) -> None:
        """Let a running publisher publish at once."""
        self._wanted.set()

    async def inclusion(self, index: int, patience: float = 2.0) -> Inclusion:
        """Give the inclusion proof of an entry, waiting up to `patience` seconds for a head to cover it.

        Raises `AuditUnavailableError` (`not-yet-published`) if none does by then, or if the
        database is away all the while.
        """
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            with suppress(*AWAY):
                async with self.engine.connect() as connection:
                    found = await inclusion(connection, index, self.signer.verifier)
                if found:
                    return found
            if asyncio.get_running_loop().time() >= deadline:
                raise AuditUnavailableError("not-yet-published")
            self.hurry()
            await asyncio.sleep(min(0.05, self.every))

    async def _wait(self) -> None:
        self._wanted.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), self.every)

    async def _extend(self, connection: AsyncConnection) -> None:
        """Commit the tiles and the head for all entries there are, together.

        Reading has a transaction of its own: only the one elected writes here, and in SQLite a
        reader that turns writer would fail whenever an entry was appended in between.
        """
        async with connection.begin():
            growth, last = await resume(connection, self.signer.verifier)
            async for entry in read_entries(connection, growth.size):
                growth.append(leaf_hash(entry))
        if last and last.size == growth.size:
            return
        async with connection.begin():
            for key, tile in (growth.fresh | growth.partial()).items():
                await _store(connection, key, tile)
            signed = Checkpoint(self.signer.name, growth.size, growth.root()).sign(self.signer)
            values = {"size": growth.size, "note": signed, "at": microseconds(self.now())}
            await connection.execute(insert(checkpoints).values(values))


async def _store(connection: AsyncConnection, key: Key, tile: bytes) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = {"level": key[0], "idx": key[1], "data": tile}
    upsert = dialect.insert(tiles).values(row)
    await connection.execute(
        upsert.on_conflict_do_update(index_elements=["level", "idx"], set_={"data": upsert.excluded.data})
    )
