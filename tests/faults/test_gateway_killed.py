"""A gateway killed without warning: what clients got is on record, what they did not get is told as such."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import chores_of, lay_foundation
from tests.journeys.house import House, open_house, query_of
from tests.journeys.program import Replica, replica_of

RUNS = 25 if os.environ.get("OBMIN_FAULTS") == "full" else 2
SEED = 20_260_120


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Give a deployment whose own gateway lives on, so that the record can be read; others are killed."""
    database = request.getfixturevalue("postgres_durable") if request.param == "postgresql" else ""
    async with open_house(tmp_path / "deployment", database) as opened:
        yield opened


async def _ask(house: House, victim: Replica) -> httpx.Response | None:
    """Ask through a process that may die meanwhile; None where it did."""
    try:
        return await victim.http.post("/v1/social-history", json=query_of(), headers=await house.bearer())
    except httpx.TransportError:
        return None


async def _abandoned(house: House) -> int:
    """Do a worker's round at once, as if the patience with open intents had run out."""
    async with lay_foundation(house.settings) as foundation:
        return await chores_of(foundation).round(timedelta(0))


async def test_killed_between_intent_and_release(house: House, tmp_path: Path) -> None:
    """The record shows the open intent and verifies; a worker ends it; the next process serves on."""
    async with replica_of(house) as victim:
        before = await _ask(house, victim)
        house.valve.close()
        asking = asyncio.create_task(_ask(house, victim))
        await house.valve.holding()
        exchange = await house.underway()
        await victim.kill()
        lost = await asking
        house.valve.open()
    (tmp_path / "open").mkdir()
    opened = await house.verified(tmp_path / "open")
    abandoned, again = await _abandoned(house), await _abandoned(house)
    async with replica_of(house) as successor:
        after = await _ask(house, successor)
    story = await house.story(exchange)
    kept = await house.get(f"/v1/social-history/{exchange}")
    answers = [answer.json() for answer in (before, after) if answer is not None]
    (tmp_path / "ended").mkdir()
    ended = await house.verified(tmp_path / "ended", *answers)

    assert lost is None
    assert opened.ok, opened.as_json()
    assert [intent.exchange_id for intent in opened.open_intents] == [exchange]
    assert (abandoned, again) == (1, 0)
    assert [event["kind"] for event in story] == ["intent", "abandoned"]
    assert story[1]["details"]["intent"] == story[0]["index"]
    assert kept.status_code == 404
    assert ended.ok, ended.as_json()
    assert (ended.receipts, ended.open_count) == (2, 0)


async def test_an_accepted_exchange_of_a_dead_process_is_told_as_failed(house: House) -> None:
    """Whoever waits for a 202 of a process that died hears of it, once a worker has looked."""
    async with replica_of(house) as victim:
        house.valve.close()
        headers = {**await house.bearer(), "Prefer": "respond-async"}
        accepted = await victim.http.post("/v1/social-history", json=query_of(), headers=headers)
        await house.valve.holding()
        await victim.kill()
        house.valve.open()
    waiting = await house.get(accepted.headers["location"])
    await _abandoned(house)
    told = await house.get(accepted.headers["location"])

    assert (accepted.status_code, waiting.status_code) == (202, 202)
    assert (told.status_code, told.json()["type"]) == (500, "/problems/internal")


async def _killed_under_load(house: House, chance: random.Random) -> list[dict[str, Any]]:
    """Ask six times at once through a process and kill it somewhere in between; give what came back."""
    async with replica_of(house) as victim:
        asking = [asyncio.create_task(_ask(house, victim)) for _ in range(6)]
        await asyncio.sleep(chance.uniform(0.02, 0.3))
        await victim.kill()
        answers = await asyncio.gather(*asking)
    return [answer.json() for answer in answers if answer is not None and answer.is_success]


async def test_killed_at_any_moment_nothing_that_was_given_is_lost(house: House, tmp_path: Path) -> None:
    """Every answer that reached a client has its release in a log that verifies; no intent stays open."""
    chance = random.Random(SEED)  # noqa: S311  moments, not secrets
    rounds = [await _killed_under_load(house, chance) for _ in range(RUNS)]
    answers = [answer for given in rounds for answer in given]
    await _abandoned(house)
    report = await house.verified(tmp_path, *answers)

    assert report.ok, report.as_json()
    assert (report.receipts, report.open_count) == (len(answers), 0)
    assert report.kinds.get("intent", 0) == report.kinds.get("release", 0) + report.kinds.get("abandoned", 0)
