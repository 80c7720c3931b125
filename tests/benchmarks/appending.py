"""Appending to the record beside what anybody would do: batches inserted into the same table."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy.ext.asyncio import create_async_engine

from audit.event import Event, Kind
from audit.log import Log
from audit.merkle import leaf_hash
from audit.note import Signer
from audit.sqlite import connect
from audit.store import COLUMNS, Entry
from audit.tables import audit_metadata
from gateway.storage.engine import now

CALLERS = 64
SIGNER = Signer.of("bench.example/log", bytes(range(32)))
PLACES = ", ".join("?" * len(COLUMNS.split(",")))
INSERT = f"INSERT INTO audit_entries ({COLUMNS}) VALUES ({PLACES})"  # noqa: S608  constants


@dataclass(frozen=True, slots=True)
class Appending:
    """Medians over the rounds: entries a second, and milliseconds of one caller alone."""

    way: str
    per_second: float
    alone_p50_ms: float


def measure_appending(folder: Path, rounds: int, entries: int) -> list[Appending]:
    """Take turns: the log with its waiting callers, then plain batches of as many rows, each synced."""
    paths = {way: folder / f"{way}.db" for way in ("log", "plain")}
    for path in paths.values():
        asyncio.run(_create(path))
    rates: dict[str, list[float]] = {way: [] for way in paths}
    alone: dict[str, list[float]] = {way: [] for way in paths}
    for number in range(rounds):
        rates["log"].append(asyncio.run(_log_rate(paths["log"], entries)))
        rates["plain"].append(_plain_rate(paths["plain"], entries, f"many-{number}"))
        alone["log"].append(asyncio.run(_log_alone(paths["log"])))
        alone["plain"].append(_plain_alone(paths["plain"], f"one-{number}"))
    return [Appending(way, median(rates[way]), median(alone[way])) for way in paths]


def _event(id_: str = "") -> Event:
    members = {"id": id_} if id_ else {}
    return Event(
        Kind.READ,
        now(),
        agency="case-system",
        official="worker-17",
        case="KYIV-2026-000123",
        purpose="needs-assessment",
        subject_ref="0" * 32,
        result="search",
        details={"count": 3},
        **members,
    )


async def _create(path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(audit_metadata.create_all)
    await engine.dispose()


def _open_log(path: Path) -> Log:
    return Log.at(f"sqlite+aiosqlite:///{path}", SIGNER, "SELECT value FROM json_each(?) WHERE 0")


async def _log_rate(path: Path, entries: int) -> float:
    log = _open_log(path)
    await log.note(_event())

    async def caller() -> None:
        for _ in range(entries // CALLERS):
            await log.note(_event())

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    took = time.perf_counter() - began
    await log.close()
    return entries / took


async def _log_alone(path: Path) -> float:
    log = _open_log(path)
    await log.note(_event())
    times = []
    for _ in range(300):
        began = time.perf_counter()
        await log.note(_event())
        times.append(time.perf_counter() - began)
    await log.close()
    return 1000 * median(times)


def _rows(count: int, prefix: str, first: int) -> list[tuple[object, ...]]:
    events = [_event(f"{prefix}-{number}") for number in range(count)]
    contents = [(event, event.canonical()) for event in events]
    return [
        Entry(event, content, leaf_hash(content)).row(first + place)
        for place, (event, content) in enumerate(contents)
    ]


def _plain_rate(path: Path, entries: int, prefix: str) -> float:
    with closing(_opened(path)) as connection:
        rows = _rows(entries, prefix, _size(connection))
        began = time.perf_counter()
        for start in range(0, entries, CALLERS):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, rows[start : start + CALLERS])
            connection.execute("COMMIT")
        return entries / (time.perf_counter() - began)


def _plain_alone(path: Path, prefix: str) -> float:
    with closing(_opened(path)) as connection:
        times = []
        for row in _rows(300, prefix, _size(connection)):
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(INSERT, row)
            connection.execute("COMMIT")
            times.append(time.perf_counter() - began)
    return 1000 * median(times)


def _opened(path: Path) -> sqlite3.Connection:
    connection = connect(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _size(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(idx) + 1, 0) FROM audit_entries").fetchone()[0])
