"""What is on file of messages: found by id, listed for those who may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from gateway.outbox.message import Message
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
