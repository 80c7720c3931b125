"""Traps in a database connection: something happens just before or just after one statement.

"After" is the nasty one: the statement took effect, and whoever sent it does not learn so.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from audit.postgresql import PostgresqlStore
from audit.postgresql import connect as connect_postgresql
from audit.sqlite import SqliteStore
from audit.store import Store
from tests.unit.audit.records import ENDED, dialect


@dataclass(slots=True)
class Trap:
    """Springs at statements that begin so, after `skip` of them, `left` times."""

    begins: tuple[str, ...]
    after: bool
    act: Callable[[], None]
    skip: int = 0
    left: int = 1

    def pass_by(self, sql: str, *, after: bool) -> None:
        """Let a statement pass, or not."""
        if after is not self.after or not self.left or not sql.startswith(self.begins):
            return
        if self.skip:
            self.skip -= 1
            return
        self.left -= 1
        self.act()


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def fail_sqlite() -> None:
    """Fail as SQLite does when a sync failed."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    raise error


def fail_postgresql() -> None:
    """Fail as asyncpg does when the connection is lost."""
    raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


FAIL = {"sqlite": fail_sqlite, "postgresql": fail_postgresql}


class TrappedSqlite(sqlite3.Connection):
    """An SQLite connection with a trap."""

    trap: Trap

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Execute past the trap."""
        self.trap.pass_by(sql, after=False)
        cursor = super().execute(sql, parameters)
        self.trap.pass_by(sql, after=True)
        return cursor

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:
        """Execute past the trap."""
        self.trap.pass_by(sql, after=False)
        cursor = super().executemany(sql, parameters)
        self.trap.pass_by(sql, after=True)
        return cursor


@dataclass(slots=True)
class TrappedPostgresql:
    """A PostgreSQL connection with a trap."""

    connection: Any
    trap: Trap

    async def execute(self, sql: str) -> object:
        """Execute past the trap."""
        return await self._pass(sql, lambda: self.connection.execute(sql))

    async def fetch(self, sql: str, *parameters: object) -> object:
        """Fetch past the trap."""
        return await self._pass(sql, lambda: self.connection.fetch(sql, *parameters))

    async def executemany(self, sql: str, rows: Sequence[object]) -> object:
        """Execute past the trap."""
        return await self._pass(sql, lambda: self.connection.executemany(sql, rows))

    def is_closed(self) -> bool:
        """Say whether the connection is closed."""
        return bool(self.connection.is_closed())

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109  asyncpg's own signature
        """Close the connection."""
        await self.connection.close(timeout=timeout)

    async def _pass(self, sql: str, send: Callable[[], Awaitable[object]]) -> object:
        self.trap.pass_by(sql, after=False)
        result = await send()
        self.trap.pass_by(sql, after=True)
        return result


def trapped_store(url: str, trap: Trap, ended: str = "") -> Store:
    """Give the store of a URL whose connections all lead past one trap; `ended` as at `store_at`."""
    ended = ended or ENDED[dialect(url)]
    if dialect(url) == "sqlite":
        return SqliteStore(url.partition("///")[2], ended, lambda path: _sqlite(path, trap))
    plain = url.replace("+asyncpg", "")
    return PostgresqlStore(plain, ended, lambda address: _postgresql(address, trap))


def _sqlite(path: str, trap: Trap) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=TrappedSqlite)
    connection.trap = trap
    return connection


async def _postgresql(url: str, trap: Trap) -> TrappedPostgresql:
    return TrappedPostgresql(await connect_postgresql(url), trap)
