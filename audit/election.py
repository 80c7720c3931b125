"""One publisher at a time: a session lock in PostgreSQL, a locked file beside an SQLite database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_LOCK = 0x0B317  # any number, the same in every gateway; other programs in the database use others


@asynccontextmanager
async def elected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection | None]:
    """Give a connection to the one who may publish, None while somebody else holds that office.

    The office ends with the connection or the process, also by `kill -9`. In PostgreSQL the lock
    belongs to the very session that publishes, so that one who has lost it cannot commit either.
    """
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            with _locked(Path(f"{engine.url.database}.publisher")) as mine:
                yield connection if mine else None
        else:
            async with _session_lock(connection) as mine:
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
async def _session_lock(connection: AsyncConnection) -> AsyncIterator[bool]:
    mine = bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}))
    await connection.commit()
    try:
        yield mine
    finally:
        if mine:
            await _unlock(connection)


async def _unlock(connection: AsyncConnection) -> None:
    """Give the lock back before the connection returns to its pool; a broken one is thrown away."""
    try:
        await connection.rollback()
        await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        await connection.commit()
    except DBAPIError:
        await connection.invalidate()
