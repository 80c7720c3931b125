"""A clock that is moved, and a store of consents that does not answer: neither gives anybody anything."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.clock import Clock
from tests.journeys.house import House, open_house, query_about

HOUR = 3600.0


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.moved = 0.0

    def __call__(self) -> float:
        """Read it."""
        return time.time() + self.moved


def _in(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


@asynccontextmanager
async def _locked(database: str) -> AsyncIterator[None]:
    """Hold every reader of consents up, as a store does that is slow."""
    connection: Any = await asyncpg.connect(database.replace("+asyncpg", ""))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE consents IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def _asked(house: House, consent: dict[str, Any]) -> tuple[str, str, list[str]]:
    """Put a consent on file and ask; give the problem, the exact reason, and what alarms there are."""
    given = await house.post("/v1/consents", await house.consent("amir", **consent), "person-portal")
    assert given.status_code == 201, given.text
    told = (await house.ask(query_about("amir", sources=["health"]))).json()
    story = await house.story(told["instance"])
    alarms = [event["reason"] for event in await house.events() if event["kind"] == "alarm"]
    return told["type"], story[-1]["reason"], alarms


@pytest.mark.parametrize(
    ("moved", "consent", "exact"),
    [
        (-HOUR, {"given_at": _in(-3000), "until": _in(-30)}, "consent-expired"),
        (HOUR, {"given_at": _in(30), "until": _in(3000)}, "consent-not-yet-valid"),
    ],
    ids=["back", "forth"],
)
async def test_a_clock_moved_by_an_hour_gives_no_consent_back(
    tmp_path: Path, moved: float, consent: dict[str, Any], exact: str
) -> None:
    """Neither one that ended half an hour ago nor one that begins in half an hour; an alarm says why."""
    wall = Wall()
    async with open_house(tmp_path / "deployment", clock=Clock(wall)) as house:
        wall.moved = moved
        problem, recorded, alarms = await _asked(house, consent)

    assert problem == "/problems/consent-missing"
    assert recorded == exact
    assert alarms == ["clock-moved"]


async def test_what_stands_at_both_readings_is_given(tmp_path: Path) -> None:
    """A moved clock takes nothing from whoever has a right in any case."""
    wall = Wall()
    async with open_house(tmp_path / "deployment", clock=Clock(wall)) as house:
        wall.moved = HOUR
        answer = (await house.ask()).json()

    assert answer["sources"]["health"]["status"] == "answered"


async def test_a_slow_store_of_consents_is_a_refusal_in_time(postgres_database: str, tmp_path: Path) -> None:
    """Within the contract's deadline it is 503, on record, and nothing old is taken for granted."""
    query = query_about("amir", purpose="crisis-intervention")
    async with open_house(tmp_path / "deployment", postgres_database) as house:
        before = await house.ask(query)
        async with _locked(postgres_database):
            slow = await house.ask(query)
        after = await house.ask(query)
        story = await house.story(slow.json()["instance"])

    assert (before.status_code, after.status_code) == (200, 200)
    assert (slow.status_code, slow.json()["type"]) == (503, "/problems/storage-unavailable")
    assert [event["kind"] for event in story] == ["refusal"]
