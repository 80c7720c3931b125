"""One in each office at a time: the publisher, who asks witnesses, and who raises the alarm.

A session lock in PostgreSQL, a locked file beside an SQLite database.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_LOCKS: Mapping[str, int] = {"publisher": 0x0B317, "witnessing": 0x0B318, "alarm": 0x0B319}
"""Any numbers, the same in every gateway; other programs in the database use others."""


@asynccontextmanager
async def elected(engine: AsyncEngine, office: str = "publisher") -> AsyncIterator[AsyncConnection | None]:
    """Give a connection to the one who holds an office, None while somebody else does.

    The office ends with the connection or the process, also by `kill -9`. In PostgreSQL the lock
    belongs to the very session that works, so that one who has lost it cannot commit either.
    """
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            with _locked(Path(f"{engine.url.database}.{office}")) as mine:
                yield connection if mine else None
        else:
            async with _session_lock(connection, _LOCKS[office]) as mine:
                yield connection if mine else None


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(file)


@asynccontextmanager
async def _session_lock(connection: AsyncConnection, lock: int) -> AsyncIterator[bool]:
    mine = bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock}))
    await connection.commit()
    try:
        yield mine
    finally:
        if mine:
            await _unlock(connection, lock)


async def _unlock(connection: AsyncConnection, lock: int) -> None:
    """Give the lock back before the connection returns to its pool; a broken one is thrown away."""
    try:
        await connection.rollback()
        await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": lock})
        await connection.commit()
    except DBAPIError:
        await connection.invalidate()
