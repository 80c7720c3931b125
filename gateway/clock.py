"""The time on which rights depend: a clock that somebody moves gives nobody anything.

The wall's clock is compared with one that only runs forward. Where the two have parted since the
start, a right must have begun by the earlier of the two readings and not ended by the later one; an
alarm says so until the process is started again with the clock put right.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(seconds=30)
"""More than the slewing of a time service, less than anybody gains by."""


def _steadily() -> float:
    """Count seconds that nobody can set, those of a suspended machine included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(slots=True)
class Clock:
    """Reads the time twice. `wall` is what the machine says, `steady` only runs forward; both in seconds."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = _steadily
    _begun: tuple[float, float] = field(init=False)
    _alarmed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._begun = self.wall(), self.steady()

    def readings(self) -> tuple[datetime, datetime]:
        """Give the earlier and the later reading; one instant twice while the clocks agree."""
        wall = _instant(self.wall())
        reckoned = _instant(self._begun[0] + self.steady() - self._begun[1])
        if abs(wall - reckoned) <= TOLERANCE:
            return wall, wall
        return min(wall, reckoned), max(wall, reckoned)

    def latest(self) -> datetime:
        """Give the later reading: by it nothing lasts longer than it may."""
        return self.readings()[1]

    def has_moved(self) -> bool:
        """Say once, when the clocks have parted, that somebody must be told."""
        earlier, later = self.readings()
        moved = earlier != later
        news = moved and not self._alarmed
        self._alarmed = moved
        return news


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
