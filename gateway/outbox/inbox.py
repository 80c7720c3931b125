"""What comes in counts once: messages of others are known by their sender and id."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import insert, select

from audit.store import Statement
from gateway.faults import ConflictError
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.outbox_tables import inbox


class Inbox:
    """Remembers ids. Whoever takes something in writes `take` with the entry and rows of what it means."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = Prepared(insert(inbox), database.dialect)

    def take(self, sender: str, message_id: str, content: bytes) -> Statement:
        """Note that a message came; the database refuses a second time, with the entry that it goes with."""
        digest = sha256(content).hexdigest()
        return self._insert.bind(sender=sender, id=message_id, digest=digest, at=micros(now()))

    async def has(self, sender: str, message_id: str, content: bytes) -> bool:
        """Say whether a message has come before.

        Raises:
            ConflictError: one under this id has, and it was another.
        """
        mine = (inbox.c.sender == sender, inbox.c.id == message_id)
        rows = await self._database.fetch(select(inbox.c.digest).where(*mine))
        if rows and rows[0].digest != sha256(content).hexdigest():
            raise ConflictError("another-message-under-this-id")
        return bool(rows)
