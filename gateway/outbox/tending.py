"""What has to be looked after besides attempts: messages past their time, lanes and clocks gone astray."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, func, select, update

from gateway.clock import Clock
from gateway.outbox.backoff import LONGEST_ASKED
from gateway.outbox.letters import Letters
from gateway.outbox.message import State
from gateway.outbox.replays import Replays
from gateway.outbox.rows import IS_OPEN, IS_READY, spelt
from gateway.outbox.settling import Settling
from gateway.storage.engine import Database, micros
from gateway.storage.outbox_tables import outbox

AT_ONCE: Final = 500
ASTRAY: Final = LONGEST_ASKED * 1.2
"""Nothing waits longer than this: what is due later was written by a clock that ran ahead."""
LANES_EVERY: Final = timedelta(minutes=10)


class Tending:
    """Safe to do twice, so any number of workers may."""

    def __init__(
        self, database: Database, letters: Letters, settling: Settling, replays: Replays, clock: Clock
    ) -> None:
        self._database = database
        self._letters = letters
        self._settling = settling
        self._replays = replays
        self._clock = clock
        self._recall = _recall_astray()
        self._mend = _mend_lanes()
        self._mended: datetime | None = None

    async def round(self) -> int:
        """Do everything once; give how many messages ended or went again."""
        earlier, later = self._clock.readings()
        astray = micros(later + ASTRAY)
        await self._database.write(self._recall, latest=astray, soon=micros(later))
        if self._mended is None or earlier - self._mended >= LANES_EVERY:
            await self._database.write(self._mend, soon=micros(later))
            self._mended = earlier
        return await self.expire(earlier) + await self._replays.round()

    async def expire(self, at: datetime) -> int:
        """End what was not delivered in time and that nobody is delivering right now; give how many."""
        over = await self._letters.where(IS_OPEN, outbox.c.expires_at <= micros(at), limit=AT_ONCE)
        ended = 0
        for message in over:
            state = State.UNKNOWN if message.doubtful else State.DEAD
            ended += await self._settling.close(message, state, "expired")
        return ended


def _recall_astray() -> Any:
    """Make due what a clock that ran ahead has put off beyond all reason."""
    latest, soon = bindparam("latest", type_=BigInteger), bindparam("soon", type_=BigInteger)
    return update(outbox).where(IS_READY, outbox.c.due_at > latest).values(due_at=soon)


def _mend_lanes() -> Any:
    """Give a head to lanes that have lost it by an erasure, which deletes rows without asking for order."""
    lane = outbox.alias("lane")
    is_open = lane.c.state.in_([spelt(State.READY), spelt(State.QUEUED)])
    heads = select(func.min(lane.c.seq)).where(is_open).group_by(lane.c.agency, lane.c.key)
    return (
        update(outbox)
        .where(outbox.c.state == spelt(State.QUEUED), outbox.c.seq.in_(heads))
        .values(state=spelt(State.READY), due_at=bindparam("soon", type_=BigInteger))
    )
