"""How long the log has gone without its witnesses: an alarm after minutes, no release after hours.

What counts is the age of the oldest signed head that no quorum covers, read from the database: a
restart forgets nothing, and every gateway on the database comes to the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.event import Kind
from audit.store import UnwitnessedError, instant
from audit.tables import checkpoints, entries, witnessed

NO_QUORUM: Final = "no-quorum"
"""The reason of the events that say when the log was alone, and when no longer."""


@dataclass(slots=True)
class Vigil:
    """Whether releases may go on. Without limits (`alarm_after` None) nobody is waited for."""

    now: Callable[[], datetime]
    alarm_after: timedelta | None = None
    stop_after: timedelta = timedelta(hours=4)
    since: datetime | None = None

    @property
    def alone(self) -> timedelta:
        """How long the oldest head without a quorum has been waiting for one."""
        if self.since is None or self.alarm_after is None:
            return timedelta(0)
        return max(self.now() - self.since, timedelta(0))

    @property
    def state(self) -> str:
        """`ready`, `alarm`, or `stopped`."""
        if self.alarm_after is None or self.alone < self.alarm_after:
            return "ready"
        return "alarm" if self.alone < self.stop_after else "stopped"

    def require(self) -> None:
        """Raise `UnwitnessedError` while nothing may be released."""
        if self.state == "stopped":
            raise UnwitnessedError

    async def look(self, connection: AsyncConnection) -> None:
        """Read anew since when the log is alone; witnesses that are back end a stop by this alone."""
        covered = await connection.scalar(select(func.max(witnessed.c.size)))
        if covered is None:
            return
        oldest = select(func.min(checkpoints.c.at)).where(checkpoints.c.size > covered)
        at = await connection.scalar(oldest)
        self.since = instant(at) if at is not None else None


async def told_last(connection: AsyncConnection) -> str:
    """Give the state that the record itself told last, whichever gateway wrote it; `ready` before any."""
    told = (
        select(entries.c.result)
        .where(entries.c.kind == Kind.ALARM.value, entries.c.reason == NO_QUORUM)
        .order_by(entries.c.at.desc(), entries.c.idx.desc())
        .limit(1)
    )
    return await connection.scalar(told) or "ready"
