"""Nothing is promised twice: a run on one offer by several processes, some of which are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from audit.tables import entries as entries_of_record
from gateway.offers.allocation import Stage
from gateway.storage.engine import Database
from gateway.storage.offer_tables import allocations, offers
from gateway.storage.schema import upgrade
from gateway.storage.tables import subjects
from tests.faults.holding import OFFER, SUBJECT, hold, nowhere

FULL = os.environ.get("OBMIN_FAULTS") == "full"
PLACES = 100
PROCESSES = 4 if FULL else 2
CALLERS = 1000
"""All processes' together."""
RUNS = 20 if FULL else 1
SKIPS = [(run * 13 + 3) % 40 for run in range(RUNS)]
STATEMENTS = ["UPDATE offers", "INSERT INTO allocations", "INSERT INTO audit_entries", "COMMIT"]
MOMENTS = [(each, when) for each in STATEMENTS for when in ("before", "after")]
SHORT = [("UPDATE offers", "after"), ("COMMIT", "after")]
CONTENT = (
    '{"areas": [], "lead_days": 0, "criteria": {"factors": [], "sex": "", "age_from": null,'
    ' "age_to": null, "household_from": null, "children_under": null}}'
)


@dataclass(frozen=True)
class Ended:
    """How a process ended, and the holds that were acknowledged to it."""

    code: int
    told: frozenset[str]


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Give a deployment's database with one offer of a hundred."""
    url = (
        f"sqlite+aiosqlite:///{tmp_path}/offers.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_database")
    )
    opened = Database(url)
    await upgrade(opened.engine)
    await opened.write(
        insert(subjects), ref=SUBJECT, wrapped_key=b"", kek_version=1, identity=b"", masks="[]"
    )
    await opened.write(
        insert(offers), id=OFFER, partner="partner", external_id="o-1", state="published", kind="goods",
        category="food", content=CONTENT, digest="", total=PLACES, reserved=0, delivered=0,
        valid_from="2026-01-01", valid_until="2036-12-31", confirmed_at=0, version=1,
    )  # fmt: skip
    yield opened
    await opened.close()


async def run_on(database: Database, callers: int, *trap: str) -> Ended:
    """Let a process's callers take what they can, to its end or its death."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.holding", database.url, str(callers), *trap, stdout=PIPE
    )
    said, _ = await process.communicate()
    return Ended(process.returncode or 0, frozenset(said.decode().split()))


async def kept_in(database: Database) -> tuple[int, frozenset[str]]:
    """Give how much of the offer is reserved, and the holds that stand."""
    offer = await database.fetch(select(offers.c.reserved).where(offers.c.id == OFFER))
    standing = await database.fetch(select(allocations.c.id).where(allocations.c.state == Stage.HELD))
    return int(offer[0].reserved), frozenset(row.id for row in standing)


async def recorded(database: Database) -> int:
    """Count the entries of holds in the record."""
    counted = (
        select(func.count()).select_from(entries_of_record).where(entries_of_record.c.kind == "allocation")
    )
    return int((await database.fetch(counted))[0][0])


@pytest.mark.parametrize("run", range(RUNS))
async def test_exactly_as_many_are_promised_as_there_are(database: Database, run: int) -> None:
    """A thousand callers of several gateways want one of a hundred: a hundred have one, each on record."""
    gateways = [run_on(database, CALLERS // PROCESSES) for _ in range(PROCESSES)]
    ended = await asyncio.gather(*gateways)
    reserved, standing = await kept_in(database)

    assert {each.code for each in ended} == {0}, run
    assert sum(len(each.told) for each in ended) == PLACES
    assert (reserved, frozenset().union(*(each.told for each in ended))) == (PLACES, standing)
    assert await recorded(database) == PLACES


@pytest.mark.parametrize("skip", SKIPS)
@pytest.mark.parametrize(("statement", "when"), MOMENTS if FULL else SHORT)
async def test_a_killed_gateway_loses_no_promise_and_blocks_no_place(
    database: Database, statement: str, when: str, skip: int
) -> None:
    """What it acknowledged stands, the rest is whole or not at all; others give out all that is left."""
    killed, other = await asyncio.gather(
        run_on(database, 60, statement, when, str(skip % 3)), run_on(database, 30)
    )
    between = await kept_in(database)
    await hold(database.url, CALLERS // 4, nowhere(), lambda _: None)
    reserved, standing = await kept_in(database)

    assert killed.code == -signal.SIGKILL
    assert killed.told | other.told <= between[1]
    assert between[0] == len(between[1])
    assert (reserved, len(standing)) == (PLACES, PLACES)
    assert await recorded(database) == PLACES
