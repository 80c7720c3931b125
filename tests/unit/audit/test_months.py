"""The record by month on PostgreSQL: months made ahead, none wanting for an append, one taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.log import Noted
from audit.months import AGAIN, Month, Months, make_months
from audit.publisher import Publisher
from audit.query import Filter, search
from audit.store import LogDamagedError, Statement, microseconds
from tests.unit.audit.records import NOW, SIGNER, engine_at, event, log_at, prepare, rows_of
from tests.unit.audit.test_plans import plan_of

LAST = datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC)
FIRST = datetime(2026, 12, 1, tzinfo=UTC)
AFTER = datetime(2030, 1, 1, tzinfo=UTC)
WHERE = "SELECT tableoid::regclass::text, idx FROM audit_entries ORDER BY idx"
PIECES = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass"
TAKE_AWAY = "ALTER TABLE audit_entries DETACH PARTITION audit_entries_2026_11"
BRING_BACK = (
    "ALTER TABLE audit_entries ATTACH PARTITION audit_entries_2026_11 "
    f"FOR VALUES FROM ({Month(2026, 11).start}) TO ({Month(2026, 12).start})"
)

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
async def bare(postgres_database: str) -> str:
    """Give a record on PostgreSQL that has no months yet."""
    await prepare(postgres_database)
    return postgres_database


@pytest.fixture
async def by_month(bare: str) -> str:
    """Give a record with the months from November 2026 to February 2027."""
    await make(bare, NOW)
    return bare


async def make(url: str, now: datetime) -> list[str]:
    """Make the months that are wanting at a time."""
    async with engine_at(url) as engine, engine.connect() as connection:
        return [*await make_months(connection, now)]


async def note(url: str, *times: datetime) -> list[Noted]:
    """Record an event for each time."""
    async with log_at(url) as log:
        return [await log.note(event(at=at)) for at in times]


async def execute(url: str, *statements: str) -> None:
    """Do what an operator does."""
    async with engine_at(url) as engine, engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def check(url: str) -> int:
    """Sign what there is, then derive the tree anew as a start does."""
    async with engine_at(url) as engine:
        publisher = Publisher(engine, SIGNER, now=lambda: NOW)
        await publisher.publish()
        return await publisher.check()


async def found(url: str, wanted: Filter) -> list[int]:
    """Search, and give the indexes."""
    async with engine_at(url) as engine, engine.connect() as connection:
        return [recorded.index for recorded in await search(connection, wanted)]


@given(st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_lies_in_its_month(at: datetime) -> None:
    """Months follow each other without a gap, and each holds its own instants."""
    month = Month.of(at)

    assert month.start <= microseconds(at) < month.next.start


async def test_months_are_made_ahead_once(bare: str) -> None:
    """This month and the next three are made; looking again makes none, a month later makes one."""
    made = await make(bare, NOW)

    assert made == [
        "audit_entries_2026_11",
        "audit_entries_2026_12",
        "audit_entries_2027_01",
        "audit_entries_2027_02",
    ]
    assert await make(bare, NOW) == []
    assert await make(bare, FIRST) == ["audit_entries_2027_03"]


async def test_appends_cross_the_end_of_a_month(by_month: str) -> None:
    """Entries go to their months, late ones too, in one order without a gap; the tree is that of all."""
    noted = await note(by_month, LAST, FIRST, LAST)

    assert [each.index for each in noted] == [0, 1, 2]
    assert await rows_of(by_month, WHERE) == [
        ("audit_entries_2026_11", 0),
        ("audit_entries_2026_12", 1),
        ("audit_entries_2026_11", 2),
    ]
    assert await found(by_month, Filter(agency="case-system")) == [0, 1, 2]
    assert await check(by_month) == 3


async def test_a_missing_month_fails_no_append(by_month: str) -> None:
    """What has no partition lies in the default one, stays there, and is found as everything else."""
    await note(by_month, NOW, AFTER)

    assert await make(by_month, AFTER) == [
        "audit_entries_2030_02",
        "audit_entries_2030_03",
        "audit_entries_2030_04",
    ]
    assert await rows_of(by_month, WHERE) == [("audit_entries_2026_11", 0), ("audit_entries_default", 1)]
    assert await found(by_month, Filter(start=AFTER)) == [1]
    assert await check(by_month) == 2


async def test_a_period_is_looked_for_in_its_months_alone(by_month: str) -> None:
    """The plan for November reads no other month, by time alone and beside another filter."""
    async with engine_at(by_month) as engine, engine.connect() as connection:
        alone = await plan_of(connection, Filter(start=NOW, end=FIRST))
        beside = await plan_of(connection, Filter(agency="case-system", start=NOW, end=FIRST))

    assert "audit_entries_2026_11" in alone
    assert "audit_entries_2026_11" in beside
    assert "audit_entries_2026_12" not in alone + beside
    assert "audit_entries_2027" not in alone + beside


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries_2026_11 SET reason = 'x'",
        "DELETE FROM audit_entries_2026_11",
        "TRUNCATE audit_entries_2026_11",
        "DELETE FROM audit_entries_default",
        "TRUNCATE audit_entries",
        "DELETE FROM audit_entries_ids",
    ],
)
async def test_a_month_refuses_to_be_changed(by_month: str, statement: str) -> None:
    """The pieces are as append-only as the whole."""
    await note(by_month, NOW)

    with pytest.raises(DBAPIError, match="append-only"):
        await execute(by_month, statement)


async def test_an_id_is_recorded_once_in_all_months(by_month: str) -> None:
    """The same id in another month is refused, also when the first month was taken away."""
    await note(by_month, NOW)
    [(id_,)] = await rows_of(by_month, "SELECT id FROM audit_entries")
    again = (
        "INSERT INTO audit_entries SELECT 1, id, kind, at + 2592000000000, exchange_id, agency, official,"
        " case_id, purpose, subject_ref, sources, result, reason, entry, leaf_hash FROM {}"
    )

    with pytest.raises(DBAPIError, match="audit_entries_ids"):
        await execute(by_month, again.format("audit_entries"))
    with pytest.raises(DBAPIError, match="audit_entries_ids"):
        await execute(by_month, TAKE_AWAY, again.format("audit_entries_2026_11"))

    assert await rows_of(by_month, "SELECT id FROM audit_entries_ids") == [(id_,)]


async def test_a_month_is_taken_away_and_brought_back(by_month: str) -> None:
    """Without a month the log goes on but does not start anew; it is not made again; back, all is whole."""
    await note(by_month, NOW, FIRST)
    await check(by_month)
    await execute(by_month, TAKE_AWAY)
    [later] = await note(by_month, FIRST)

    assert later.index == 2
    assert await found(by_month, Filter(agency="case-system")) == [1, 2]
    assert await make(by_month, NOW) == []
    with pytest.raises(LogDamagedError, match="entry-missing"):
        await check(by_month)

    await execute(by_month, BRING_BACK)

    assert await found(by_month, Filter(agency="case-system")) == [0, 1, 2]
    assert await check(by_month) == 3


async def test_the_publisher_looks_after_the_months(bare: str) -> None:
    """Whoever holds the office makes what is wanting, and does not look again at each round."""
    times = iter([NOW, NOW + AGAIN / 2, FIRST])
    months = Months(lambda: next(times))
    async with engine_at(bare) as engine, engine.connect() as connection:
        await months.look_after(connection)
        first = await rows_of(bare, PIECES)
        await months.look_after(connection)
        again = await rows_of(bare, PIECES)
        await months.look_after(connection)
        later = await rows_of(bare, PIECES)

    assert first == again == [(5,)]
    assert later == [(6,)]


async def test_a_month_that_cannot_be_made_hinders_nobody(bare: str) -> None:
    """While a reader holds the default partition, looking after the months gives up and is done later."""
    times = iter([NOW, FIRST])
    months = Months(lambda: next(times))
    async with engine_at(bare) as engine, engine.connect() as keeper:
        async with engine.connect() as reader:
            await reader.execute(text("LOCK TABLE audit_entries_default IN ACCESS SHARE MODE"))
            await months.look_after(keeper)
            [noted] = await note(bare, NOW)
        await months.look_after(keeper)

    assert noted.index == 0
    assert (await rows_of(bare, "SELECT to_regclass('audit_entries_2026_12')::text")) == [
        ("audit_entries_2026_12",)
    ]


@pytest.mark.parametrize("companions", [(), (Statement("SELECT 1"),)])
async def test_an_append_that_waits_for_its_month_to_be_made_goes_into_it(
    bare: str, companions: Sequence[Statement]
) -> None:
    """Whoever had chosen the default partition before the month was there is not refused."""
    async with log_at(bare) as log, engine_at(bare) as engine, engine.connect() as connection:
        await log.note(event(at=AFTER))
        async with connection.begin():
            await _make_november(connection)
            appending = asyncio.create_task(log.note(event(at=NOW), companions))
            await _waiting_for_a_lock(bare)
        await appending

    assert await rows_of(bare, WHERE) == [("audit_entries_default", 0), ("audit_entries_2026_11", 1)]


async def _make_november(connection: AsyncConnection) -> None:
    for statement in Month(2026, 11).statements():
        await connection.exec_driver_sql(statement)


async def _waiting_for_a_lock(url: str) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while not (await rows_of(url, waiting))[0][0]:  # noqa: ASYNC110  the server tells nobody
        await asyncio.sleep(0.01)
