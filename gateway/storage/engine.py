"""Engines for both databases, and statements prepared for the record's writer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.sql import Executable
from sqlalchemy.sql.elements import ClauseElement

from audit.store import Statement
from gateway.faults import StorageUnavailableError

BUSY_MS = 10_000


def open_engine(url: str) -> AsyncEngine:
    """Open an engine on `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`."""
    if not is_sqlite(url):
        return create_async_engine(url, pool_size=10, max_overflow=20, pool_timeout=3)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def is_sqlite(url: str) -> bool:
    """Say whether the URL names an SQLite database."""
    return make_url(url).get_backend_name() == "sqlite"


def dialect_of(url: str) -> Dialect:
    """Give the dialect in which the record's own connection speaks: `?` on SQLite, `$1` on PostgreSQL."""
    return sqlite.dialect(paramstyle="qmark") if is_sqlite(url) else asyncpg.dialect()  # type: ignore[no-untyped-call]


class Prepared:
    """A Core statement compiled once, to be committed together with an entry of the record."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        assert isinstance(statement, ClauseElement)  # noqa: S101  narrows for the type checker
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order: tuple[str, ...] = tuple(compiled.positiontup)
        self._fixed: dict[str, object] = {k: v for k, v in compiled.params.items() if v is not None}

    def bind(self, **values: object) -> Statement:
        """Fill the parameters; every column of the statement must be named."""
        known = self._fixed | values
        return Statement(self._sql, tuple(known[name] for name in self._order))


async def fetch(engine: AsyncEngine, statement: Executable, **values: object) -> Sequence[Row[Any]]:
    """Read all rows of a statement.

    Raises:
        StorageUnavailableError: the database does not answer. Never the driver's own error, whose
            text may hold parameters.
    """
    try:
        async with engine.connect() as connection:
            return (await connection.execute(statement, values)).all()
    except (DBAPIError, PoolTimeoutError, OSError):
        raise StorageUnavailableError from None


def micros(at: datetime) -> int:
    """Count an instant in microseconds since 1970 UTC, as every table keeps it."""
    whole = int(at.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + at.microsecond


def instant(value: int) -> datetime:
    """Read an instant back. The inverse of `micros`."""
    seconds, rest = divmod(value, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def now() -> datetime:
    """Read the clock, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)
