"""Who may try for the last ones of an offer, in one process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from gateway.faults import ConflictError
from gateway.offers.room import Room


@dataclass
class Shelf:
    """An offer whose stock the test sets; it counts who looks, and lets nobody see before it is open."""

    left: int
    looks: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def look(self, _offer: str) -> int:
        """Say what is left, once the shelf is open."""
        self.looks += 1
        await self.open.wait()
        return self.left


async def _take(room: Room, shelf: Shelf) -> str:
    try:
        async with room.taking("offer", 1):
            await asyncio.sleep(0)
            shelf.left -= 1
    except ConflictError as refused:
        return refused.code
    return "taken"


async def test_only_as_many_try_as_can_have_one() -> None:
    """Of fifty who want one of three, three are let through, the others hear that nothing is left."""
    shelf = Shelf(3)
    shelf.open.set()
    room = Room(shelf.look)
    outcomes = await asyncio.gather(*(_take(room, shelf) for _ in range(50)))

    assert (outcomes.count("taken"), outcomes.count("nothing-left")) == (3, 47)


async def test_those_who_come_during_a_look_share_the_next() -> None:
    """A look under way may be too old for who comes later; all of them together need one more."""
    shelf = Shelf(0)
    room = Room(shelf.look)
    callers = [asyncio.create_task(_take(room, shelf)) for _ in range(50)]
    await asyncio.sleep(0)
    shelf.open.set()
    outcomes = await asyncio.gather(*callers)

    assert set(outcomes) == {"nothing-left"}
    assert shelf.looks == 2


async def test_who_waits_has_what_somebody_else_could_not_keep() -> None:
    """The last one is tried for and not taken after all: the next in line has it."""
    shelf = Shelf(1)
    shelf.open.set()
    room = Room(shelf.look)
    async with room.taking("offer", 1):
        waiting = asyncio.create_task(_take(room, shelf))
        await asyncio.sleep(0)

    assert await waiting == "taken"


async def test_nothing_is_remembered_of_an_offer_that_nobody_wants() -> None:
    """When the last caller has left, the next one's look is a new one."""
    shelf = Shelf(1)
    shelf.open.set()
    room = Room(shelf.look)
    await _take(room, shelf)
    shelf.left = 1

    assert await _take(room, shelf) == "taken"


async def test_a_look_that_fails_is_everybodys_own_affair() -> None:
    """Where the database does not answer, each caller hears of it, and the next one may look again."""

    async def broken(_offer: str) -> int:
        raise ConflictError("storage")

    room = Room(broken)

    with pytest.raises(ConflictError, match="storage"):
        async with room.taking("offer", 1):
            pass
