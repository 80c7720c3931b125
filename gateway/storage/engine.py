"""The database of a deployment: reads and writes, and statements prepared for the record's writer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
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


def is_sqlite(url: str) -> bool:
    """Say whether the URL names an SQLite database."""
    return make_url(url).get_backend_name() == "sqlite"


class Database:
    """One deployment's database. Whatever its driver says stays here: its text may hold parameters."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_engine(url)
        # A look-up is one statement: without BEGIN and ROLLBACK around it, one journey instead of three.
        self._looking = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @cached_property
    def dialect(self) -> Dialect:
        """The dialect in which the record's own connection speaks: `?` on SQLite, `$1` on PostgreSQL."""
        if is_sqlite(self.url):
            return sqlite.dialect(paramstyle="qmark")
        return asyncpg.dialect()  # type: ignore[no-untyped-call]

    @cached_property
    def _inline(self) -> Connection | None:
        """On SQLite, a connection that reads in the event loop's own thread, each statement by itself.

        In WAL mode a reader waits for nobody, and a look-up takes microseconds: handing it to another
        thread and back five times costs ten times as much (DECISIONS.md 9).
        """
        if not is_sqlite(self.url):
            return None
        engine = create_engine(make_url(self.url).set(drivername="sqlite"), isolation_level="AUTOCOMMIT")
        event.listen(engine, "connect", _prepare_sqlite)
        return engine.connect()

    async def fetch(self, statement: Executable, **values: object) -> Sequence[Row[Any]]:
        """Read all rows of a statement.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        with translated():
            if self._inline:
                return _rows(self._inline, statement, values)
            async with self._looking.connect() as connection:
                return await connection.run_sync(_rows, statement, values)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for several reads, as the record's own functions want one.

        Raises:
            StorageUnavailableError: the database does not answer, now or later on.
        """
        with translated():
            async with self.engine.connect() as connection:
                yield connection

    async def write(self, statement: Executable, **values: object) -> int:
        """Run a statement in a transaction of its own and give how many rows it changed.

        Raises:
            IntegrityError: it broke a rule of the schema, and changed nothing.
            StorageUnavailableError: the database does not answer.
        """
        with translated():
            async with self.engine.begin() as connection:
                return int((await connection.execute(statement, values or None)).rowcount)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        if self._inline:
            self._inline.close()
            self._inline.engine.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's failure into ours, without its text; a broken rule of the schema stays what it is."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeoutError, OSError):
        raise StorageUnavailableError from None


def _rows(connection: Connection, statement: Executable, values: dict[str, object]) -> Sequence[Row[Any]]:
    return connection.execute(statement, values).all()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


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
