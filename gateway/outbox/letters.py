"""What is on file of messages: found by id, listed for those who may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from gateway.outbox.message import Message, State
from gateway.outbox.rows import message_of
from gateway.storage.engine import Database, instant
from gateway.storage.outbox_tables import outbox, outbox_attempts


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that did not end well."""

    number: int
    at: datetime
    outcome: str
    code: str


@dataclass(frozen=True, slots=True)
class Lane:
    """What is on its way to one agency, and what did not arrive; `oldest` is since when the first waits."""

    agency: str
    waiting: int
    letters: int
    oldest: datetime | None


class Letters:
    """Reads messages; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, message_id: str) -> Message | None:
        """Give a message by its id."""
        return next(iter(await self.where(outbox.c.id == message_id)), None)

    async def where(self, *conditions: ColumnElement[bool], limit: int = 100) -> list[Message]:
        """List messages in the order of the record."""
        statement = select(outbox).where(*conditions).order_by(outbox.c.seq).limit(limit)
        return [message_of(row) for row in await self._database.fetch(statement)]

    async def attempts(self, message: Message) -> Sequence[Attempt]:
        """List what became of a message's attempts, the first first, but for one that delivered it."""
        table = outbox_attempts.c
        statement: Any = select(outbox_attempts).where(table.message_id == message.id).order_by(table.number)
        rows = await self._database.fetch(statement)
        return [Attempt(row.number, instant(row.at), row.outcome, row.code) for row in rows]

    async def lanes(self) -> Sequence[Lane]:
        """Count what waits for each agency and what did not arrive; who has neither is left out."""
        ready, queued, dead, unknown = (
            outbox.c.state == state.value for state in (State.READY, State.QUEUED, State.DEAD, State.UNKNOWN)
        )
        statement: Any = (
            select(
                outbox.c.agency,
                func.count().filter(ready | queued).label("waiting"),
                func.count().filter(dead | unknown).label("letters"),
                func.min(outbox.c.submitted_at).filter(ready | queued).label("oldest"),
            )
            .where(ready | queued | dead | unknown)
            .group_by(outbox.c.agency)
            .order_by(outbox.c.agency)
        )
        return [
            Lane(row.agency, row.waiting, row.letters, instant(row.oldest) if row.oldest else None)
            for row in await self._database.fetch(statement)
        ]
