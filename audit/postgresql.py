"""Entries in PostgreSQL: one connection a gateway, the head row's lock between gateways."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import asyncpg

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

Connect = Callable[[str], Awaitable[Any]]

_CLAIM = "UPDATE audit_head SET size = size + $1 RETURNING size"
_FIND = "SELECT id, idx FROM audit_entries WHERE id = ANY($1)"
_TYPES = ("bigint", "text", "text", "bigint", *["text"] * 9, "bytea", "bytea")
_ARRAYS = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_TYPES, 1))
_INSERT = f"INSERT INTO audit_entries ({COLUMNS}) SELECT * FROM unnest({_ARRAYS})"  # noqa: S608  constants
_REST = COLUMNS.removeprefix("idx, ")
_LATER = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_TYPES[1:], 2))
_TELL = "INSERT INTO audit_sources (source, idx) SELECT * FROM unnest($1::text[], $2::bigint[])"
_PLACES = f"${len(_TYPES) + 1}::text[], ${len(_TYPES) + 2}::bigint[]"
_APPEND = f"""WITH head AS (UPDATE audit_head SET size = size + $1 RETURNING size - $1 AS base),
     added AS (INSERT INTO audit_entries ({COLUMNS})
               SELECT base + place - 1, {_REST}
               FROM head, unnest({_LATER}) WITH ORDINALITY AS row ({_REST}, place)),
     told AS (INSERT INTO audit_sources (source, idx)
              SELECT source, base + offset_ FROM head, unnest({_PLACES}) AS row (source, offset_))
SELECT base FROM head"""  # noqa: S608  constants
_TIMEOUT = 5.0
_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_THEIRS = ("22", "23", "42", "P0")
"""The SQLSTATE classes that tell of a statement (data, integrity, syntax, raised), not of the database."""


async def connect(url: str) -> Any:
    """Open a connection whose commits are synced, whatever the server's default is."""
    return await asyncpg.connect(
        url,
        timeout=_TIMEOUT,
        command_timeout=_TIMEOUT,
        server_settings={"synchronous_commit": "on", "application_name": "obmin audit"},
    )


def _insert(rows: Sequence[tuple[object, ...]]) -> Iterator[Step]:
    if rows:
        yield Step(_INSERT, [tuple(map(list, zip(*rows, strict=True)))])
    if told := tellings(rows):
        yield Step(_TELL, [tuple(map(list, zip(*told, strict=True)))])


class PostgresqlStore:
    """See `Store`."""

    def __init__(self, url: str, ended: str, connect: Connect = connect) -> None:
        self._url = url
        self._connect = connect
        self._dialect = Dialect(claim=_CLAIM, ended=ended, insert=_insert)
        self._connection: Any = None

    async def write(self, batch: Sequence[Entry]) -> Outcomes:
        """See `Store.write`.

        Once more where the month of an entry was made between choosing the default partition for it and
        its getting there: the server then says that it does not belong there, and nothing is kept.
        """
        try:
            return await self._write(batch)
        except asyncpg.CheckViolationError:
            await self._drop()
        try:
            return await self._write(batch)
        except asyncpg.CheckViolationError as error:
            await self._drop()
            raise AuditUnavailableError(_code(error)) from None

    async def _write(self, batch: Sequence[Entry]) -> Outcomes:
        if not any(entry.companions or entry.grounds for entry in batch):
            return await self._append(batch)
        try:
            connection = await self._open()
            await connection.execute("BEGIN")
            outcomes = await self._carry_out(connection, batch)
        except asyncpg.CheckViolationError:
            raise
        except _BROKEN as error:
            await self._drop()
            raise AuditUnavailableError(_code(error)) from None
        try:
            await connection.execute("COMMIT")
        except _BROKEN as error:
            await self._drop()
            raise OutcomeUnknownError(_code(error)) from None
        return outcomes

    async def _append(self, batch: Sequence[Entry]) -> Outcomes:
        """Claim, insert and commit in one statement: one journey to the server instead of four.

        Entries without companions or grounds need no more. Any error may have come after the commit.
        """
        rows = [entry.row(place) for place, entry in enumerate(batch)]
        columns = map(list, zip(*(row[1:] for row in rows), strict=True))
        told = tellings(rows)
        places = ([source for source, _ in told], [place for _, place in told])
        try:
            connection = await self._open()
        except _BROKEN as error:
            raise AuditUnavailableError(_code(error)) from None
        try:
            [(base,)] = await connection.fetch(_APPEND, len(batch), *columns, *places)
        except asyncpg.CheckViolationError:
            raise
        except _BROKEN as error:
            await self._drop()
            raise OutcomeUnknownError(_code(error)) from None
        return list(range(base, base + len(batch)))

    async def find(self, ids: Sequence[str]) -> Mapping[str, int]:
        """See `Store.find`."""
        try:
            connection = await self._open()
            return {row[0]: row[1] for row in await connection.fetch(_FIND, ids)}
        except _BROKEN as error:
            await self._drop()
            raise AuditUnavailableError(_code(error)) from None

    async def close(self) -> None:
        """See `Store.close`."""
        await self._drop()

    async def _carry_out(self, connection: Any, batch: Sequence[Entry]) -> Outcomes:
        steps = transaction(batch, self._dialect)
        step = next(steps)
        while True:
            rows = await _execute(connection, step)
            try:
                step = steps.send(rows)
            except StopIteration as stop:
                return cast("Outcomes", stop.value)

    async def _open(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect(self._url)
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*_BROKEN):
                await connection.close(timeout=1)


async def _execute(connection: Any, step: Step) -> Sequence[Row]:
    try:
        if len(step.rows) == 1:
            return cast("Sequence[Row]", await connection.fetch(step.sql, *step.rows[0]))
        await connection.executemany(step.sql, step.rows)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if not step.companion or connection.is_closed() or not _theirs(error):
            raise
        await connection.execute("ROLLBACK")
        raise CompanionRefusedError("companion-refused") from None
    return ()


def _theirs(error: Exception) -> bool:
    """Say whether a statement was at fault; what asyncpg itself refuses are its parameters."""
    return not isinstance(error, asyncpg.PostgresError) or str(error.sqlstate).startswith(_THEIRS)


def _code(error: BaseException) -> str:
    """Name the SQLSTATE or the kind of failure; messages and details could hold values."""
    state = getattr(error, "sqlstate", None)
    return f"postgresql-{state}".lower() if state else "database-unreachable"
