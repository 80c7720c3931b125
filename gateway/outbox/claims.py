"""Who delivers what, for how long: leases on messages, taken by any number of workers.

A claim moves `due_at` to the lease's end. A worker that is killed never comes back to settle, the message
falls due once more, and whoever claims it then counts the attempt as lost. Every later write of an
attempt names the lease: a worker that was too slow changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, null, select, text, update
from sqlalchemy import case as choose
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.vocabulary import AgencyId
from gateway.outbox.message import Message, Priority
from gateway.outbox.rows import IS_OPEN, IS_READY, message_of
from gateway.storage.engine import Database, micros, translated
from gateway.storage.outbox_tables import outbox, outbox_attempts

LEASE = timedelta(seconds=60)
"""Longer than an attempt may last, by far: an attempt that outlives its lease changes nothing."""

_POSTGRESQL = text(
    """UPDATE outbox AS o
SET holder = :holder, due_at = :until, attempts = o.attempts + 1,
    lost = CASE WHEN o.holder IS NULL THEN o.lost ELSE o.lost + 1 END,
    doubtful = CASE WHEN o.holder IS NULL THEN o.doubtful ELSE 1 END
WHERE o.seq = ANY (ARRAY(
    SELECT picked.seq
    FROM unnest(CAST(:agencies AS text[]), CAST(:rooms AS int[])) AS receiver(agency, room)
    CROSS JOIN (VALUES (0), (1)) AS given(priority)
    CROSS JOIN LATERAL (
        SELECT seq FROM outbox
        WHERE state = 'ready' AND agency = receiver.agency AND priority = given.priority AND due_at <= :now
        ORDER BY due_at LIMIT receiver.room
        FOR UPDATE SKIP LOCKED
    ) AS picked
))
RETURNING o.*"""
)
"""An array, not a join: a planner that cannot know the rooms would read the whole table to join with."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that is ours to deliver until the lease ends. `content` is its envelope."""

    message: Message
    content: bytes = field(repr=False)
    holder: str


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt failed. `inside`: on our own side; `doubtful`: it may have arrived all the same."""

    outcome: str
    code: str
    inside: bool = False
    doubtful: bool = False


class Claims:
    """Takes leases and gives them back."""

    def __init__(self, database: Database, lease: timedelta = LEASE) -> None:
        self._database = database
        self._lease = lease
        self._lite = _sqlite_claim()
        self._collection = _collection()

    async def take(self, rooms: Mapping[AgencyId, int], at: datetime) -> list[Leased]:
        """Lease what is due: for each receiver as many as it has room for, and crises beside them.

        What was claimed by a process that died between this and the answer falls due again by itself.
        """
        if not rooms:
            return []
        holder = secrets.token_hex(16)
        values = {"holder": holder, "until": micros(at + self._lease), "now": micros(at)}
        with translated():
            async with self._database.engine.begin() as connection:
                rows = await self._claim(connection, rooms, values)
        leased = [Leased(message_of(row), row.content, holder) for row in rows]
        return sorted(leased, key=lambda each: (each.message.priority, each.message.seq))

    async def collect(self, agency: AgencyId, after: int, limit: int, at: datetime) -> list[Leased]:
        """Lease what an agency comes for itself, behind a place in the order: whole lanes, due or not.

        Whoever comes again before it has acknowledged gets the same again: its answer may have been lost.
        """
        holder = secrets.token_hex(16)
        values = {"holder": holder, "until": micros(at + self._lease), "to": agency, "after": after}
        with translated():
            async with self._database.engine.begin() as connection:
                rows = (await connection.execute(self._collection, values | {"most": limit})).all()
        return sorted(
            (Leased(message_of(row), row.content, holder) for row in rows), key=lambda each: each.message.seq
        )

    async def _claim(
        self, connection: AsyncConnection, rooms: Mapping[AgencyId, int], values: dict[str, Any]
    ) -> Sequence[Any]:
        if connection.dialect.name == "postgresql":
            # A lease that a crash of the server forgets is taken again: nothing to wait for.
            await connection.execute(text("SET LOCAL synchronous_commit = off"))
            arrays = {"agencies": list(rooms), "rooms": list(rooms.values())}
            return (await connection.execute(_POSTGRESQL, values | arrays)).all()
        rows: list[Any] = []
        for agency, room in rooms.items():
            for priority in Priority:
                mine = values | {"to": agency, "urgency": int(priority), "room": room}
                rows += (await connection.execute(self._lite, mine)).all()
        return rows

    async def give_back(self, leased: Leased, failure: Failure, due: datetime, at: datetime) -> bool:
        """Let a message fall due again and note how its attempt went; say whether it was still ours."""
        message = leased.message
        mine = (outbox.c.seq == message.seq, IS_READY, outbox.c.holder == leased.holder)
        freed = (
            update(outbox)
            .where(*mine)
            .values(
                holder=null(),
                due_at=micros(due),
                code=failure.code,
                lost=message.lost + failure.inside,
                doubtful=int(message.doubtful or failure.doubtful),
            )
        )
        noted = insert(outbox_attempts).values(
            message_id=message.id,
            number=message.attempts,
            at=micros(at),
            outcome=failure.outcome,
            code=failure.code,
        )
        with translated():
            async with self._database.engine.begin() as connection:
                if not (await connection.execute(freed)).rowcount:
                    return False
                await connection.execute(noted)
        return True


def _collection() -> Any:
    waiting = (
        select(outbox.c.seq)
        .where(IS_OPEN, outbox.c.agency == bindparam("to"), outbox.c.seq > bindparam("after"))
        .order_by(outbox.c.seq)
        .limit(bindparam("most"))
    )
    return (
        update(outbox)
        .where(outbox.c.seq.in_(waiting))
        .values(
            holder=bindparam("holder"),
            due_at=bindparam("until"),
            attempts=outbox.c.attempts + 1,
            doubtful=1,
        )
        .returning(*outbox.c)
    )


def _sqlite_claim() -> Any:
    """One writer at a time: there is nothing to skip."""
    picked = (
        select(outbox.c.seq)
        .where(
            IS_READY,
            outbox.c.agency == bindparam("to"),
            outbox.c.priority == bindparam("urgency"),
            outbox.c.due_at <= bindparam("now"),
        )
        .order_by(outbox.c.due_at)
        .limit(bindparam("room"))
    )
    free = outbox.c.holder.is_(None)
    return (
        update(outbox)
        .where(outbox.c.seq.in_(picked))
        .values(
            holder=bindparam("holder"),
            due_at=bindparam("until"),
            attempts=outbox.c.attempts + 1,
            lost=choose((free, outbox.c.lost), else_=outbox.c.lost + 1),
            doubtful=choose((free, outbox.c.doubtful), else_=1),
        )
        .returning(*outbox.c)
    )
