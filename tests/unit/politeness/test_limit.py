"""The adaptive limit: cut by congestion, raised by answers, fair to those who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.politeness.limit import AdaptiveLimit


async def full(places: int) -> tuple[AdaptiveLimit, list[int]]:
    """Give a limit of which every place is taken, and the marks."""
    limit = AdaptiveLimit(places)
    return limit, [await limit.enter() for _ in range(places)]


def leave(limit: AdaptiveLimit, marks: Sequence[int], *, congested: bool) -> None:
    """Give several places back, each with the same news."""
    for mark in marks:
        limit.leave(mark, congested=congested)


async def rounds(limit: AdaptiveLimit, times: int, *, congested: bool) -> None:
    """Take all places and give them back, so many times."""
    for _ in range(times):
        leave(limit, [await limit.enter() for _ in range(limit.at_most)], congested=congested)


async def test_congestion_cuts_once_for_all_that_were_out() -> None:
    """Ten time-outs at one moment are one sign, not ten."""
    limit, marks = await full(10)
    leave(limit, marks, congested=True)

    assert limit.at_most == 7
    assert limit.in_flight == 0


async def test_a_new_sign_cuts_again() -> None:
    """A time-out of a question that went out after the cut cuts anew, and never below one."""
    limit, marks = await full(2)
    limit.leave(marks[0], congested=True)
    limit.leave(marks[1], congested=False)
    await rounds(limit, 5, congested=True)

    assert limit.at_most == 1


async def test_answers_raise_it_by_one_a_round() -> None:
    """After a cut, answers at full use bring it back; never above what was agreed."""
    limit, marks = await full(4)
    limit.leave(marks[0], congested=True)
    cut = limit.at_most
    leave(limit, marks[1:], congested=False)
    await rounds(limit, 30, congested=False)

    assert cut == 2
    assert limit.at_most == 4


async def test_who_waits_is_admitted_in_turn() -> None:
    """A place that comes free goes to the one who has waited longest."""
    limit, marks = await full(1)
    order: list[str] = []

    async def wait(name: str) -> None:
        await limit.enter()
        order.append(name)

    waiting = [asyncio.create_task(wait(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    limit.leave(marks[0], congested=False)
    await waiting[0]

    assert order == ["first"]
    waiting[1].cancel()


async def test_who_leaves_the_queue_holds_no_place() -> None:
    """A caller that hangs up while waiting, or at the very moment of its turn, takes nothing with it."""
    limit, marks = await full(1)
    early = asyncio.create_task(limit.enter())
    late = asyncio.create_task(limit.enter())
    await asyncio.sleep(0)
    early.cancel()
    with pytest.raises(asyncio.CancelledError):
        await early
    limit.leave(marks[0], congested=False)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late

    assert limit.in_flight == 0
    assert await limit.enter() == 0
