"""An adapter with manners: what is sent once, not at all, or once more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from adapters.base import (
    Repeat,
    SourceMisbehavedError,
    SourceUnavailableError,
)
from gateway.politeness.breaker import Breaker
from gateway.politeness.calls import Calls, month_of
from gateway.politeness.polite import Manners, Polite
from gateway.politeness.windows import Window
from gateway.storage.engine import Database
from tests.unit.politeness.questions import (
    ANSWER,
    ASSESSMENT,
    NOON,
    SOURCE,
    Clock,
    Registry,
    counted,
    fails,
    question_of,
    says,
    waits,
)

BROKEN = SourceUnavailableError(SOURCE, "disconnected", Repeat.IF_IDEMPOTENT)
UNREACHABLE = SourceUnavailableError(SOURCE, "unreachable", Repeat.SAFE)
FAILED = SourceUnavailableError(SOURCE, "source-failed")


async def write(database: Database, day: datetime) -> None:
    """Write, as one process does, that three questions were asked and one was joined."""
    calls = Calls(database, lambda: day)
    calls.of(SOURCE, ASSESSMENT).asked += 3
    calls.of(SOURCE, ASSESSMENT).joined += 1
    await calls.write()


@pytest.mark.parametrize(
    ("error", "idempotent", "tries"),
    [
        (BROKEN, True, 2),
        (BROKEN, False, 1),
        (UNREACHABLE, False, 2),
        (FAILED, True, 1),
        (SourceMisbehavedError(SOURCE, "unreadable"), True, 1),
    ],
)
async def test_a_question_is_repeated_only_where_that_is_harmless(
    calls: Calls, error: Exception, tries: int, *, idempotent: bool
) -> None:
    """The operation must be idempotent and the fault say so; what was never sent may always be sent again."""
    registry = Registry([fails(error), says()])
    polite = Polite(registry, calls, Manners(idempotent=idempotent))
    await asyncio.gather(polite.ask(question_of("one")), return_exceptions=True)

    assert registry.heard == ["one"] * tries
    assert counted(calls)["repeated"] == tries - 1


async def test_repeating_ends(calls: Calls) -> None:
    """Three tries in all; then the failure is told."""
    registry = Registry([fails(UNREACHABLE)])

    with pytest.raises(SourceUnavailableError, match="unreachable"):
        await Polite(registry, calls).ask(question_of())

    assert len(registry.heard) == 3


async def test_nothing_is_repeated_beyond_the_deadline(calls: Calls) -> None:
    """A registry that wants ten seconds' rest is not waited for within five."""
    busy = SourceUnavailableError(SOURCE, "overloaded", Repeat.SAFE, after=10.0)
    registry = Registry([fails(busy), says()])

    with pytest.raises(SourceUnavailableError, match="overloaded"):
        await Polite(registry, calls).ask(question_of())

    assert registry.heard == ["message-1"]


async def test_when_everything_fails_repeating_stops(calls: Calls) -> None:
    """The savings of repetitions are used up by an outage, so that it is not made worse."""
    registry = Registry([fails(UNREACHABLE)])
    polite = Polite(registry, calls, breaker=Breaker(patience=1_000))
    await asyncio.gather(
        *(polite.ask(question_of(number=str(each))) for each in range(40)), return_exceptions=True
    )

    assert len(registry.heard) == 50


async def test_a_registry_that_wants_rest_is_left_alone(calls: Calls) -> None:
    """After `Retry-After` no question goes out until the time is over; each is told at once."""
    clock = Clock()
    registry = Registry([fails(SourceUnavailableError(SOURCE, "overloaded", after=30.0)), says()])
    polite = Polite(registry, calls, breaker=Breaker(clock))
    await asyncio.gather(polite.ask(question_of()), return_exceptions=True)
    with pytest.raises(SourceUnavailableError, match="resting"):
        await polite.ask(question_of())
    resting = polite.standing()
    clock.time += 30.0

    assert await polite.ask(question_of()) == ANSWER
    assert (resting["state"], resting["breaker"]) == ("resting", "resting")
    assert counted(calls)["spared"] == 1


async def test_a_quota_is_by_purpose_and_day(calls: Calls) -> None:
    """The third question of two is not sent; another purpose has its own."""
    registry = Registry([says()])
    polite = Polite(registry, calls, Manners(quotas={ASSESSMENT: 2}))
    await polite.ask(question_of("one"))
    await polite.ask(question_of("two"))
    with pytest.raises(SourceUnavailableError, match="quota-used-up"):
        await polite.ask(question_of("three"))
    await polite.ask(question_of("four", purpose="other"))

    assert registry.heard == ["one", "two", "four"]


async def test_a_quota_counts_what_other_processes_asked(calls: Calls, database: Database) -> None:
    """What another process has written is held against the quota too."""
    other = Calls(database, lambda: NOON)
    other.of(SOURCE, ASSESSMENT).asked += 2
    await other.write()
    await calls.write()

    with pytest.raises(SourceUnavailableError, match="quota-used-up"):
        await Polite(Registry([says()]), calls, Manners(quotas={ASSESSMENT: 2})).ask(question_of())


async def test_nobody_is_asked_during_maintenance(calls: Calls) -> None:
    """Within the window nothing is sent, and the health says why."""
    window = Window(time(11), time(13), ZoneInfo("UTC"))
    registry = Registry([says()])
    polite = Polite(registry, calls, Manners(windows=[window]), clock=lambda: NOON)

    with pytest.raises(SourceUnavailableError, match="maintenance"):
        await polite.ask(question_of())

    assert registry.heard == []
    assert polite.standing()["state"] == "maintenance"


async def test_a_time_out_is_a_sign_of_congestion(calls: Calls) -> None:
    """A question that its deadline ends lowers the limit."""
    polite = Polite(Registry([waits(asyncio.Event())]), calls, Manners(at_once=4, share=False))
    question = question_of(patience=0.02)

    async def impatient() -> None:
        async with asyncio.timeout_at(question.deadline):
            await polite.ask(question)

    await asyncio.gather(*(impatient() for _ in range(4)), return_exceptions=True)

    assert polite.standing()["at_most"] == 2


async def test_counts_of_a_month_are_added_up(database: Database) -> None:
    """Several processes and days are one sum; another month and source are not in it."""
    await write(database, NOON)
    await write(database, NOON.replace(day=2))
    await write(database, NOON.replace(month=10))
    month = await month_of(database, SOURCE, "2026-11")

    assert (month.asked, month.joined, month.spared) == (6, 2, 0)
    assert replace(month, asked=0, joined=0) == type(month)()
