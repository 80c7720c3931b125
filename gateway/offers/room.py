"""Who may try for the last ones: those who cannot have any are told so before they cost others their commit.

The database decides whether there is enough. Here only as many try at once as it could serve, and whoever
asks while a look at it is under way shares the next one with all who came meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.faults import ConflictError

Look = Callable[[str], Awaitable[int]]
"""Says how much of an offer is left, by what is committed when it is called."""


class Room:
    """Lets holds through to the database, for this process."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._desks: dict[str, _Desk] = {}

    @asynccontextmanager
    async def taking(self, offer_id: str, quantity: int) -> AsyncIterator[None]:
        """Wait for a turn to take so much of an offer; the turn is over with the block.

        Raises:
            ConflictError: `nothing-left`: less than that is left, by a look begun after this was called.
        """
        desk = self._desks.setdefault(offer_id, _Desk(offer_id, self._look))
        desk.callers += 1
        try:
            await desk.admit(quantity)
            try:
                yield
            finally:
                desk.settle(quantity)
        finally:
            desk.callers -= 1
            if not desk.callers:
                del self._desks[offer_id]


@dataclass(slots=True)
class _Desk:
    """One offer's. `trying` is what those let through want now, `settled` what they wanted until now.

    A look may or may not have seen what was settled since it began, so that counts against it once more.
    """

    offer_id: str
    look: Look
    callers: int = 0
    trying: int = 0
    settled: int = 0
    looks: int = 0
    left: int = 0
    settled_before: int = 0
    seen: int = 0
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def admit(self, quantity: int) -> None:
        """Let one through. See `Room.taking`."""
        while True:
            await self._see()
            if self.left < quantity:
                raise ConflictError("nothing-left")
            unsure = self.settled - self.settled_before
            if self.left - unsure - self.trying >= quantity:
                self.trying += quantity
                return
            if self.left - self.trying < quantity:
                await self.changed.wait()

    def settle(self, quantity: int) -> None:
        """End the try of one who was let through, and wake those who wait."""
        self.trying -= quantity
        self.settled += quantity
        self.changed.set()
        self.changed = asyncio.Event()

    async def _see(self) -> None:
        """Look, unless somebody has begun to since this was called."""
        came = self.looks
        async with self.looking:
            if self.seen > came:
                return
            self.looks += 1
            number, before = self.looks, self.settled
            self.left = await self.look(self.offer_id)
            self.seen, self.settled_before = number, before
