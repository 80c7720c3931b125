"""Searching a long record by subject, case and agency: what the median page takes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from audit.event import Event, Kind
from audit.query import Filter, search
from audit.store import COLUMNS
from audit.tables import audit_metadata
from gateway.storage.engine import now

SEED = 20_260_120
PAGES = 60
AGENCIES, PER_CASE, PER_SUBJECT = 200, 7, 11
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Searching:
    """Milliseconds for a page of up to a hundred events, among so many."""

    by: str
    events: int
    p50_ms: float
    worst_ms: float


def measure_searching(folder: Path, events: int) -> list[Searching]:
    """Fill a record, then look for what is picked at random."""
    return asyncio.run(_measure(folder / "long.db", events))


async def _measure(path: Path, events: int) -> list[Searching]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(audit_metadata.create_all)
    await asyncio.to_thread(_fill, path, events)
    pick = random.Random(SEED)  # noqa: S311  which rows are looked at is no secret
    subjects, cases = events // PER_SUBJECT, events // PER_CASE
    wanted = {
        "subject": [Filter(subject_ref=f"{pick.randrange(subjects):032d}") for _ in range(PAGES)],
        "case": [Filter(case=f"KYIV-{pick.randrange(cases):08d}") for _ in range(PAGES)],
        "agency": [
            Filter(agency=f"agency-{pick.randrange(AGENCIES)}", after=pick.randrange(events))
            for _ in range(PAGES)
        ],
    }
    figures = [Searching(by, events, *await _times(engine, filters)) for by, filters in wanted.items()]
    await engine.dispose()
    return figures


async def _times(engine: AsyncEngine, wanted: list[Filter]) -> tuple[float, float]:
    times = []
    async with engine.connect() as connection:
        for each in wanted:
            began = time.perf_counter()
            await search(connection, each)
            times.append(1000 * (time.perf_counter() - began))
    return median(times), max(times)


def _fill(path: Path, events: int) -> None:
    """Write the rows first and the indexes after them: ten times as fast."""
    sample = Event(Kind.READ, now(), agency="case-system", details={"count": 3}).canonical()
    columns = (
        f"n, 'id-' || n, 'read', n * 1000000, 'exchange-' || n / 2, 'agency-' || (n * 7919) % {AGENCIES},"
        f" 'official-' || (n * 31) % 5000, printf('KYIV-%08d', (n * 104729) % ({events} / {PER_CASE})),"
        f" 'purpose-' || n % 12, printf('%032d', (n * 15485863) % ({events} / {PER_SUBJECT})), '',"
        " 'search', '', :sample, :leaf"
    )
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        indexes = connection.execute(INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        fill = f"INSERT INTO audit_entries ({COLUMNS}) {numbers} SELECT {columns} FROM numbers"  # noqa: S608
        connection.execute(fill, {"last": events - 1, "sample": sample, "leaf": bytes(32)})
        for _, sql in indexes:
            connection.execute(sql)
        connection.commit()
