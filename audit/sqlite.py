"""Entries in SQLite: one connection, write-ahead log, a sync for every commit.

Statements go into the log's cache and take microseconds: they run in the event loop's own thread.
The commit waits for the disk: it has a thread of its own. A statement in that thread would have to
win the interpreter's lock back from a busy loop, each one anew, and a batch has many.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from typing import cast

import orjson

from audit.store import (
    COLUMNS,
    AuditUnavailableError,
    CompanionRefusedError,
    Dialect,
    Entry,
    Outcomes,
    OutcomeUnknownError,
    Row,
    Step,
    tellings,
    transaction,
)

Connect = Callable[[str], sqlite3.Connection]

_CLAIM = "UPDATE audit_head SET size = size + ? RETURNING size"
_MOVE = "PRAGMA wal_checkpoint(TRUNCATE)"
_FIND = "SELECT id, idx FROM audit_entries WHERE id IN (SELECT value FROM json_each(?))"
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
_PATIENCE = 5.0
"""Seconds to wait for another process on the same file."""
_AT_ONCE, _PATIENTLY = "PRAGMA busy_timeout = 0", f"PRAGMA busy_timeout = {_PATIENCE * 1000:.0f}"
_THEIRS = ("sqlite-error", "sqlite-constraint", "sqlite-mismatch", "sqlite-toobig", "unusable-parameter")
"""The codes that tell of a statement; all others tell of the database."""
_CHUNKS = (64, 8, 1)
_VALUES = f"({', '.join('?' * len(COLUMNS.split(',')))})"
_INSERT = f"INSERT INTO audit_entries ({COLUMNS}) VALUES "  # noqa: S608  constants
_INSERTS: Mapping[int, str] = {size: _INSERT + ", ".join([_VALUES] * size) for size in _CHUNKS}


_TELL = "INSERT INTO audit_sources (source, idx) VALUES (?, ?)"


def connect(path: str) -> sqlite3.Connection:
    """Open the file; it must be there, since migrations made it."""
    return sqlite3.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)


def _insert(rows: Sequence[tuple[object, ...]]) -> Iterator[Step]:
    """Insert many rows a statement: a third of the cost of one statement a row."""
    start = 0
    for size in _CHUNKS:
        while len(rows) - start >= size:
            chunk = rows[start : start + size]
            yield Step(_INSERTS[size], [tuple(chain.from_iterable(chunk))])
            start += size
    if told := tellings(rows):
        yield Step(_TELL, told)


class SqliteStore:
    """See `Store`."""

    def __init__(self, path: str, ended: str, connect: Connect = connect) -> None:
        self._path = path
        self._connect = connect
        self._dialect = Dialect(claim=_CLAIM, ended=ended, insert=_insert)
        self._connection: sqlite3.Connection | None = None
        self._doubtful = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")

    async def write(self, batch: Sequence[Entry]) -> Outcomes:
        """See `Store.write`. Another process that is writing is waited for in the thread."""
        loop = asyncio.get_running_loop()
        connection = self._connection
        if connection is None or self._doubtful or not self._begin_at_once(connection):
            return await loop.run_in_executor(self._thread, self._write, batch)
        outcomes = self._carry_out(connection, batch)
        return await loop.run_in_executor(self._thread, self._commit, connection, outcomes)

    async def find(self, ids: Sequence[str]) -> Mapping[str, int]:
        """See `Store.find`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._find, ids)

    async def close(self) -> None:
        """See `Store.close`."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown(wait=False)

    def _write(self, batch: Sequence[Entry]) -> Outcomes:
        try:
            connection = self._open()
            connection.execute(_PATIENTLY)
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._drop()
            raise AuditUnavailableError(_code(error)) from None
        return self._commit(connection, self._carry_out(connection, batch))

    def _begin_at_once(self, connection: sqlite3.Connection) -> bool:
        """Take the database's write lock if nobody holds it; say whether it was taken."""
        try:
            connection.execute(_AT_ONCE)
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if _code(error) == "sqlite-busy":
                return False
            self._drop()
            raise AuditUnavailableError(_code(error)) from None
        return True

    def _commit(self, connection: sqlite3.Connection, outcomes: Outcomes) -> Outcomes:
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._doubtful = True
            self._drop()
            raise OutcomeUnknownError(_code(error)) from None
        return outcomes

    def _carry_out(self, connection: sqlite3.Connection, batch: Sequence[Entry]) -> Outcomes:
        steps = transaction(batch, self._dialect)
        step = next(steps)
        while True:
            try:
                step = steps.send(_execute(connection, step))
            except StopIteration as stop:
                return cast("Outcomes", stop.value)
            except sqlite3.Error as error:
                self._drop()
                raise AuditUnavailableError(_code(error)) from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._opened()
        if self._doubtful:
            self._write_anew(self._connection)
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        """Open the file, as often as it takes while another process is opening it too.

        Whoever comes first recovers the write-ahead log alone, and SQLite does not let others wait for
        that as it lets them wait for a writer. Nothing is written here, so trying again is safe.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            connection = self._connect(self._path)
            try:
                for pragma in _PRAGMAS:
                    connection.execute(pragma)
            except sqlite3.Error as error:
                connection.close()
                if _code(error) != "sqlite-busy" or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return connection

    def _write_anew(self, connection: sqlite3.Connection) -> None:
        """Make sure, after a failed commit, that nothing older is left unsynced.

        A failed sync may leave pages in the cache that the system believes are written. Moving the
        write-ahead log into the file writes and syncs everything anew before anything is built on it.
        """
        if connection.execute(_MOVE).fetchone()[0]:
            raise AuditUnavailableError("database-busy")
        self._doubtful = False

    def _find(self, ids: Sequence[str]) -> Mapping[str, int]:
        try:
            return dict(self._open().execute(_FIND, (orjson.dumps(ids).decode(),)).fetchall())
        except sqlite3.Error as error:
            self._drop()
            raise AuditUnavailableError(_code(error)) from None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.rollback()  # closing leaves a transaction open while any cursor lives
            with suppress(sqlite3.Error):
                connection.close()


def _execute(connection: sqlite3.Connection, step: Step) -> Sequence[Row]:
    try:
        if len(step.rows) == 1:
            return connection.execute(step.sql, tuple(step.rows[0])).fetchall()
        connection.executemany(step.sql, step.rows)
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        if not step.companion or _code(error) not in _THEIRS:
            raise
        connection.execute("ROLLBACK")
        raise CompanionRefusedError("companion-refused") from None
    return ()


def _code(error: Exception) -> str:
    """Name SQLite's result code (`sqlite-full`), without its refinements; the message could hold values."""
    name = getattr(error, "sqlite_errorname", "")
    return "-".join(name.lower().split("_")[:2]) or "unusable-parameter"
