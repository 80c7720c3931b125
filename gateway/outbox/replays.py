"""Sending dead letters again, so that it cannot hurt: seen before, slowly, and only while it goes well.

A replay is a row that any worker goes on with, a portion at a time. Each message is weighed again and
replayed by an entry of its own; what a killed worker had replayed is no dead letter any more, so nothing is
replayed twice. It waits while much of it is still on its way, and stops by itself when too much fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Row, String, bindparam, func, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind, new_id
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, OfficialId
from gateway.faults import ConflictError, NotFoundError
from gateway.outbox.entries import entry
from gateway.outbox.letters import Letters
from gateway.outbox.message import Message
from gateway.outbox.rows import IS_OPEN, OutboxRows
from gateway.outbox.selection import IS_LETTER, Fate, Preview, Previews, Selection
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.outbox_tables import outbox, outbox_replays

EVERY: Final = timedelta(seconds=5)
LEASE: Final = timedelta(seconds=60)
UNDER_WAY: Final = 200
"""Messages of one replay that may be on their way at a time: more wait until these have ended."""
ENOUGH: Final = 10
TOLERATED: Final = 0.2
"""With at least `ENOUGH` failures, the part of all that went again from which on a replay stops."""
EXTENDED: Final = timedelta(days=7)
"""What a message whose time was over gets."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay: whose word it was, how far it has come, and why it was stopped."""

    id: str
    selection: Selection
    agency: AgencyId
    official: OfficialId
    state: str
    code: str
    per_minute: int
    until: datetime
    at: datetime
    position: int
    revived: int
    refused: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """What has become of the messages of a replay. `failing` are those that failed again, ended or not."""

    delivered: int
    failing: int
    under_way: int


class Replays:
    """Starts replays and goes on with them."""

    def __init__(
        self, database: Database, record: Log, rows: OutboxRows, letters: Letters, previews: Previews
    ) -> None:
        self._database = database
        self._log = record
        self._rows = rows
        self._letters = letters
        self._previews = previews
        self._insert = Prepared(insert(outbox_replays), database.dialect)
        self._end = Prepared(_ending(), database.dialect)

    async def preview(self, selection: Selection) -> Preview:
        """Say what a replay would do now."""
        return await self._previews.of(selection, now())

    async def start(
        self, selection: Selection, token: str, by: AgencyId, official: OfficialId, per_minute: int
    ) -> Replay:
        """Start what was seen in a preview.

        Raises:
            ConflictError: something has changed since, or there is nothing to send.
        """
        at = now()
        seen = await self._previews.of(selection, at)
        if seen.token != token:
            raise ConflictError("preview-outdated")
        if not seen.fates[Fate.SEND] + seen.fates[Fate.CHANGE]:
            raise ConflictError("nothing-to-replay")
        replay = Replay(
            new_id(), selection, by, official, "running", "", per_minute, at + EXTENDED, at, 0, 0, 0, None
        )
        details: dict[str, Json] = {
            "selection": selection.dump(),
            "preview": {fate.value: count for fate, count in seen.fates.items()},
            "per_minute": per_minute,
        }
        row = self._insert.bind(
            id=replay.id, selection=selection.dump(), agency=by, official=official, state="running", code="",
            per_minute=per_minute, until=micros(replay.until), at=micros(at), position=0, next_at=micros(at),
            revived=0, refused=0, ended_at=None,
        )  # fmt: skip
        await self._log.note(_event(replay, "started", at, "", details), [row])
        return replay

    async def get(self, replay_id: str) -> Replay:
        """Give one. Raises `NotFoundError`."""
        found = await self._select(outbox_replays.c.id == replay_id)
        if not found:
            raise NotFoundError
        return found[0]

    async def all(self, limit: int = 100) -> Sequence[Replay]:
        """List them, the newest first."""
        return (await self._select())[::-1][:limit]

    async def stop(self, replay: Replay, code: str, by: str = "") -> bool:
        """Stop one, once: what it has not come to stays a dead letter. Say whether it was running."""
        return await self._finish(replay, "stopped", code, by)

    async def progress(self, replay: Replay) -> Progress:
        """Count what has become of its messages."""
        failing = outbox.c.code != ""
        counted = select(
            func.count().filter(outbox.c.state == "delivered").label("delivered"),
            func.count().filter(failing).label("failing"),
            func.count().filter(IS_OPEN).label("under_way"),
        ).where(outbox.c.replay_id == replay.id)
        (row,) = await self._database.fetch(counted)
        return Progress(row.delivered, row.failing, row.under_way)

    async def round(self) -> int:
        """Go on with what is due; give how many messages went again. Any number of workers may."""
        at = now()
        due = (outbox_replays.c.state == "running") & (outbox_replays.c.next_at <= micros(at))
        count = 0
        for replay in await self._select(due):
            lease = _moved(replay.id, at, next_at=micros(at + LEASE))
            if await self._database.write(lease):  # else another worker was first
                count += await self._go_on(replay, at)
        return count

    async def _go_on(self, replay: Replay, at: datetime) -> int:
        progress = await self.progress(replay)
        tried = progress.delivered + progress.failing
        if progress.failing >= ENOUGH and progress.failing > TOLERATED * tried:
            await self.stop(replay, "error-rate")
            return 0
        pace = max(1, round(replay.per_minute * EVERY / timedelta(minutes=1)))
        room = min(pace, UNDER_WAY - progress.under_way)
        portion = await self._next(replay, room) if room > 0 else []
        if not portion and not progress.under_way:
            await self._finish(replay, "done", "")
            return 0
        fates = await self._previews.judge(portion, at)
        going = [message for message, fate, _ in fates if fate in {Fate.SEND, Fate.CHANGE}]
        revived = sum(await asyncio.gather(*(self._revive(replay, message, at) for message in going)))
        refused = sum(fate is Fate.REFUSE for _, fate, _ in fates)
        await self._database.write(
            update(outbox_replays)
            .where(outbox_replays.c.id == replay.id)
            .values(
                position=portion[-1].seq if portion else replay.position,
                revived=outbox_replays.c.revived + revived,
                refused=outbox_replays.c.refused + refused,
                next_at=micros(at + EVERY),
            )
        )
        return revived

    async def _next(self, replay: Replay, room: int) -> list[Message]:
        """Give the next letters. What died again after the start is left: nothing is replayed in a circle."""
        return await self._letters.where(
            *replay.selection.conditions(),
            IS_LETTER,
            outbox.c.seq > replay.position,
            outbox.c.settled_at <= micros(replay.at),
            limit=room,
        )

    async def _revive(self, replay: Replay, message: Message, at: datetime) -> bool:
        details: dict[str, Json] = {"replay": replay.id, "by": replay.official}
        event = entry(message, "replayed", at, message.code, details)
        try:
            await self._log.note(event, self._rows.revive(message, replay.id, replay.until, at))
        except CompanionRefusedError:
            return False  # another worker was first, or it is no dead letter any more
        return True

    async def _finish(self, replay: Replay, state: str, code: str, by: str = "") -> bool:
        at = now()
        now_on_file = await self.get(replay.id)
        counts: dict[str, Json] = {"revived": now_on_file.revived, "refused": now_on_file.refused}
        if by:
            counts["by"] = by
        ended = self._end.bind(of=replay.id, becomes=state, why=code, when=micros(at))
        try:
            await self._log.note(_event(replay, state, at, code, counts), [ended])
        except CompanionRefusedError:
            return False
        return True

    async def _select(self, *conditions: ColumnElement[bool]) -> list[Replay]:
        statement = select(outbox_replays).where(*conditions).order_by(outbox_replays.c.at)
        return [_replay(row) for row in await self._database.fetch(statement)]


def _ending() -> Any:
    running = outbox_replays.c.state == "running"
    return (
        update(outbox_replays)
        .where(outbox_replays.c.id == bindparam("of", type_=String))
        .values(
            # Ended by another in between: a null that the schema refuses with the whole entry.
            state=choose((running, bindparam("becomes", type_=String))),
            code=bindparam("why", type_=String),
            ended_at=bindparam("when", type_=BigInteger),
        )
    )


def _moved(replay_id: str, at: datetime, **values: int) -> Any:
    still = (outbox_replays.c.state == "running", outbox_replays.c.next_at <= micros(at))
    return update(outbox_replays).where(outbox_replays.c.id == replay_id, *still).values(**values)


def _event(replay: Replay, result: str, at: datetime, reason: str, details: dict[str, Json]) -> Event:
    return Event(
        kind=Kind.REPLAY,
        at=at,
        agency=replay.agency,
        official=replay.official,
        result=result,
        reason=reason,
        details={"replay": replay.id, **details},
    )


def _replay(row: Row[Any]) -> Replay:
    return Replay(
        id=row.id,
        selection=Selection.load(row.selection),
        agency=AgencyId(row.agency),
        official=OfficialId(row.official),
        state=row.state,
        code=row.code,
        per_minute=row.per_minute,
        until=instant(row.until),
        at=instant(row.at),
        position=row.position,
        revived=row.revived,
        refused=row.refused,
        ended_at=instant(row.ended_at) if row.ended_at else None,
    )
