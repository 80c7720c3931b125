"""How the record is searched: every filter leads through an index, on both databases, as the plans show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.event import Kind
from audit.query import Filter, latest_of, page_of
from audit.store import microseconds
from tests.unit.audit.records import NOW, engine_at

LAST = 19_999
COLUMNS = (
    "n, 'id-' || n, CASE n % 100 WHEN 0 THEN 'alarm' ELSE 'read' END, :at + n * 1000000,"
    " 'exchange-' || n % 5000, 'agency-' || n % 200, 'official-' || n % 1000, 'case-' || n % 5000,"
    " 'purpose-' || n % 400, 'subject-' || n % 5000, ' source-' || n % 20 || ' ', 'result-' || n % 400, '',"
    " :blob, :blob"
)
NUMBERS: Mapping[str, str] = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(0, CAST(:last AS bigint)))",
}
LEARN: Mapping[str, str] = {"sqlite": "SELECT 1", "postgresql": "ANALYZE"}
"""PostgreSQL learns by itself what its tables hold; SQLite is never told, so it is not told here."""
EXPLAIN: Mapping[str, str] = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
ENTRIES: Mapping[str, str] = {"sqlite": "audit_entries", "postgresql": "audit_entries_default"}
"""The table, or the one partition with entries, after which indexes are named."""
FILTERS = [
    pytest.param(Filter(subject_ref="subject-77"), "{entries}_subject", id="subject"),
    pytest.param(Filter(case="case-77"), "{entries}_case", id="case"),
    pytest.param(Filter(agency="agency-77"), "{entries}_agency", id="agency"),
    pytest.param(Filter(official="official-77"), "{entries}_official", id="official"),
    pytest.param(Filter(purpose="purpose-7"), "{entries}_purpose", id="purpose"),
    pytest.param(Filter(source="source-7"), "audit_sources", id="source"),
    pytest.param(Filter(outcome="result-7"), "{entries}_result", id="outcome"),
    pytest.param(Filter(start=NOW, end=NOW + timedelta(seconds=50)), "{entries}_at", id="time"),
    pytest.param(
        Filter(kind=Kind.ALARM, end=NOW + timedelta(seconds=900)), "{entries}_kind", id="kind-in-time"
    ),
    pytest.param(Filter(exchange_id="exchange-77"), "{entries}_exchange", id="exchange"),
    pytest.param(Filter(agency="agency-77", after=9_000), "{entries}_agency", id="a-page-later"),
    pytest.param(Filter(source="source-7", after=9_000), "audit_sources", id="source-a-page-later"),
    pytest.param(Filter(case="case-77", start=NOW), "{entries}_case", id="case-in-time"),
]


@pytest.fixture
async def filled(database: str) -> AsyncIterator[AsyncConnection]:
    """Give a record of twenty thousand events that was filled past the log."""
    async with engine_at(database) as engine:
        async with engine.begin() as connection:
            numbers = NUMBERS[engine.dialect.name]
            values = {"last": LAST, "at": microseconds(NOW), "blob": b"{}"}
            entries = f"INSERT INTO audit_entries {numbers} SELECT {COLUMNS} FROM numbers"  # noqa: S608
            sources = "INSERT INTO audit_sources SELECT trim(sources), idx FROM audit_entries"
            await connection.execute(text(entries), values)
            await connection.execute(text(sources))
            await connection.execute(text(LEARN[engine.dialect.name]))
        async with engine.connect() as connection:
            yield connection


async def plan_of(connection: AsyncConnection, wanted: Filter) -> str:
    """Ask the database how it would search."""
    return await plan_for(connection, page_of(wanted, connection.dialect.name))


async def plan_for(connection: AsyncConnection, query: Select[int, bytes, bytes]) -> str:
    """Ask the database how it would go about a statement."""
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    rows = await connection.exec_driver_sql(EXPLAIN[connection.dialect.name] + str(compiled))
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize(("wanted", "index"), FILTERS)
async def test_every_filter_stays_on_an_index(filled: AsyncConnection, wanted: Filter, index: str) -> None:
    """The plan names the filter's index and reads no table from one end to the other."""
    plan = await plan_of(filled, wanted)

    assert index.format(entries=ENTRIES[filled.dialect.name]) in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan


@pytest.mark.parametrize("wanted", [FILTERS[5].values[0], FILTERS[11].values[0]], ids=["first", "later"])
async def test_a_common_source_needs_no_sorting(filled: AsyncConnection, wanted: Filter) -> None:
    """A page of what tells of a source is read in order, however much tells of it."""
    plan = await plan_of(filled, wanted)

    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


async def test_a_persons_newest_exchanges_are_found_by_her(filled: AsyncConnection) -> None:
    """However much else of the same kinds there is, a page of hers is read through her own index."""
    wanted, kinds = Filter(subject_ref="subject-77"), (Kind.ALARM, Kind.READ)
    plan = await plan_for(filled, latest_of(wanted, filled.dialect.name, 50, 9_000, kinds))

    assert f"{ENTRIES[filled.dialect.name]}_subject" in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan
