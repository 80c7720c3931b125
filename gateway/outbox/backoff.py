"""When an attempt is made again: later each time, and never all at once."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(seconds=2)
LONGEST: Final = timedelta(hours=1)
LONG_WAIT: Final = timedelta(minutes=15)
LONGEST_ASKED: Final = timedelta(days=1)
"""A receiver may ask for more rest than we would give it, but not for ever."""


def pause(attempts: int, after: float = 0.0, *, long: bool = False) -> timedelta:
    """Give how long to wait after that many attempts: doubled each time, three quarters to whole at random.

    `after` is what the receiver asked for (seconds): not less than that. `long` begins at a quarter of
    an hour, for what mends slowly.
    """
    first: timedelta = LONG_WAIT if long else FIRST
    doubled = min(first * int(2 ** min(max(attempts - 1, 0), 20)), LONGEST)
    spread = doubled * random.uniform(0.75, 1.0)  # noqa: S311  no secret
    asked = min(timedelta(seconds=after), LONGEST_ASKED)
    return max(spread, asked * random.uniform(1.0, 1.1))  # noqa: S311  the same
