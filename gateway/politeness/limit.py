"""How many questions one registry is asked at a time: additive increase, multiplicative decrease.

The rule is TCP's (RFC 5681 §3.1): each answer that came well raises the limit a little, by one for each full
round of answers; a sign of congestion (a time-out, "too many requests") cuts it to seven tenths of what was
really in flight, once for all the questions that were out at that moment. So a registry that can take
much gets much, and one that is struggling is given room before it breaks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

MOST: Final = 128
CUT: Final = 0.7


class AdaptiveLimit:
    """The places of one registry, in one process: `enter`, ask, `leave`.

    More wait their turn, first come first served. A registry that hangs fills its own places and nobody
    else's.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._limit = float(most)
        self._cuts = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.in_flight = 0

    @property
    def at_most(self) -> int:
        """Give how many may be in flight now; at least one."""
        return int(self._limit)

    async def enter(self) -> int:
        """Wait for a place. Gives a mark to hand to `leave`. Whoever is cancelled here holds no place."""
        if self.in_flight < self.at_most and not self._waiting:
            self.in_flight += 1
            return self._cuts
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:  # the place was given at the very moment of leaving: hand it on
                self.in_flight -= 1
                self._admit()
            raise
        return self._cuts

    def leave(self, mark: int, *, congested: bool) -> None:
        """Give the place back and say how it went."""
        if congested and mark == self._cuts:
            self._limit = max(1.0, min(self._limit, self.in_flight) * CUT)
            self._cuts += 1
        elif not congested and 2 * self.in_flight >= self.at_most:  # an unused limit proves nothing
            self._limit = min(self._most, self._limit + 1 / self._limit)
        self.in_flight -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self.in_flight < self.at_most:
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
