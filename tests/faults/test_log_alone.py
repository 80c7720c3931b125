"""A log that its witnesses have not seen: told once, then no release, until they are back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.event import Kind
from audit.log import Log
from audit.query import Filter, search
from audit.store import UnwitnessedError
from audit.tables import witnessed
from audit.vigil import Vigil
from gateway.storage.engine import Database
from gateway.witnesses import Watch
from tests.faults.authorities import Authorities, grow, rounds, witnessing
from tests.unit.audit.records import ENDED, NOW, SIGNER, engine_at, mandate, outcomes, prepare


@dataclass(slots=True)
class Clock:
    """A clock that is set."""

    at: datetime = NOW

    def now(self) -> datetime:
        """Give the time."""
        return self.at


@asynccontextmanager
async def closing_log(url: str, vigil: Vigil) -> AsyncIterator[Log]:
    """Give a log under a vigil."""
    log = Log.at(url, SIGNER, ENDED["sqlite"], vigil)
    try:
        yield log
    finally:
        await log.close()


async def release(log: Log, exchange_id: str) -> None:
    """Record an exchange."""
    asked = mandate(exchange_id)
    intent = await log.intend(asked, NOW)
    await log.release(intent, asked, outcomes(), NOW)


async def test_without_witnesses_there_is_an_alarm_and_then_no_release(
    tmp_path: Path, authorities: Authorities
) -> None:
    """Fifteen minutes alone are an alarm, four hours the end of releases; a quorum ends both by itself."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
    await grow(url, 3)
    clock = Clock(datetime.now(UTC))
    vigil = Vigil(clock.now, timedelta(minutes=15), timedelta(hours=4))
    states = [await state_after(url, vigil, clock, minutes) for minutes in (0, 14, 2, 220, 10)]
    async with closing_log(url, vigil) as log:
        with pytest.raises(UnwitnessedError):
            await release(log, "exchange-1")
    await authorities.open("a", authorities.honest("a"))
    async with witnessing(url, authorities, "1") as asking:
        await grow(url, 1)
        await rounds(asking)
    again = await state_after(url, vigil, clock, 0)

    assert states == ["ready", "ready", "alarm", "alarm", "stopped"]
    assert again == "ready"


async def test_two_gateways_that_are_alone_tell_of_it_once(tmp_path: Path, authorities: Authorities) -> None:
    """Both look at the same moment, a third begins later: the record has one alarm and one end of it."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
    await grow(url, 3)
    clock = Clock(datetime.now(UTC) + timedelta(minutes=20))
    async with watching(url, clock) as watches:
        await asyncio.gather(*(watch.look() for watch in watches[:2]))
        await one_by_one(watches)
        alarmed = await turns(url)
        await authorities.open("a", authorities.honest("a"))
        async with witnessing(url, authorities, "1") as asking:
            await grow(url, 1)
            await rounds(asking)
        await asyncio.gather(*(watch.look() for watch in watches))

    assert alarmed == ["alarm"]
    assert await turns(url) == ["alarm", "ready"]


@asynccontextmanager
async def watching(url: str, clock: Clock) -> AsyncIterator[list[Watch]]:
    """Give three gateways' eyes on one record."""
    async with AsyncExitStack() as stack:
        watches = []
        for _ in range(3):
            database, log = Database(url), Log.at(url, SIGNER, ENDED["sqlite"])
            stack.push_async_callback(database.close)
            stack.push_async_callback(log.close)
            watches.append(Watch(database, log, Vigil(clock.now, timedelta(minutes=15))))
        yield watches


async def one_by_one(watches: list[Watch]) -> None:
    """Let each gateway look, the one who did not get to tell again."""
    for watch in watches:
        await watch.look()


async def turns(url: str) -> list[str]:
    """Give what the record tells of being alone."""
    async with engine_at(url) as engine, engine.connect() as connection:
        return [each.event.result for each in await search(connection, Filter(kind=Kind.ALARM))]


async def state_after(url: str, vigil: Vigil, clock: Clock, minutes: float) -> str:
    """Let time pass and look."""
    clock.at += timedelta(minutes=minutes)
    async with engine_at(url) as engine, engine.connect() as connection:
        await vigil.look(connection)
    return vigil.state


async def test_what_came_before_the_policy_is_never_waited_for(
    tmp_path: Path, authorities: Authorities
) -> None:
    """A record that is old when witnesses are first asked does not stop the gateway at once."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    await grow(url, 3)
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
        async with asking.engine.connect() as connection:
            begun = await connection.scalar(select(witnessed.c.size))
    vigil = Vigil(lambda: datetime.now(UTC) + timedelta(days=9), timedelta(minutes=15))
    state = await state_after(url, vigil, Clock(), 0)

    assert begun == 3
    assert state == "ready"
