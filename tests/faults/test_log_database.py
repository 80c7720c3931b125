"""The database runs full, turns read-only, goes away or falls over: the log refuses, and recovers."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.event import Kind
from audit.log import Log, Noted
from audit.publisher import Publisher
from audit.sqlite import SqliteStore, connect
from audit.store import AuditUnavailableError
from tests.faults.test_log_writes import STORED, problems_of, proofs, refusals
from tests.postgres import Server
from tests.unit.audit.records import ENDED, SIGNER, engine_at, event, log_at, prepare, rows_of


@dataclass(slots=True)
class Disk:
    """A disk on which something is wrong while `trouble` says so, as SQLite's own switches do it."""

    trouble: str

    def connect(self, path: str) -> sqlite3.Connection:
        """Open the database on this disk."""
        connection = connect(path)
        if self.trouble:
            connection.execute(self.trouble)
        return connection


FULL = "PRAGMA max_page_count = 1"  # SQLite takes the file's present size where it is larger
READ_ONLY = "PRAGMA query_only = ON"


async def append_until_refused(log: Log) -> list[object]:
    """Append until nothing more is taken."""
    results: list[object] = []
    while not refusals(results):
        batch = (log.note(event(Kind.READ, reason="x" * 500)) for _ in range(20))
        results += await asyncio.gather(*batch, return_exceptions=True)
    return results


@pytest.mark.parametrize(("trouble", "code"), [(FULL, "sqlite-full"), (READ_ONLY, "sqlite-readonly")])
async def test_a_disk_in_trouble_refuses_and_recovers(tmp_path: Path, trouble: str, code: str) -> None:
    """While the disk is full or read-only nothing is acknowledged; once it is well, the log goes on."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    disk = Disk(trouble)
    log = Log(SqliteStore(f"{tmp_path}/record.db", ENDED["sqlite"], disk.connect), SIGNER)
    results = await append_until_refused(log)
    disk.trouble = ""
    last = await log.note(event())
    await log.close()

    assert {refusal.code for refusal in refusals(results)} == {code}
    assert proofs(results) | {(last.index, last.leaf_hash)} == set(await rows_of(url, STORED))
    assert await problems_of(url, tmp_path / "out") == []


async def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    """A log whose file is not there refuses; it does not begin a new and empty one."""
    async with log_at(f"sqlite+aiosqlite:///{tmp_path}/record.db") as log:
        with pytest.raises(AuditUnavailableError) as raised:
            await log.note(event())

    assert raised.value.code == "sqlite-cantopen"
    assert not (tmp_path / "record.db").exists()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A torn file is an error with a code, not a crash."""
    (tmp_path / "record.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    async with log_at(f"sqlite+aiosqlite:///{tmp_path}/record.db") as log:
        with pytest.raises(AuditUnavailableError) as raised:
            await log.note(event())

    assert raised.value.code.startswith("sqlite-")


async def test_a_write_ahead_log_torn_at_its_end_loses_no_whole_commit(tmp_path: Path) -> None:
    """Rubbish after the last whole commit, as a power cut leaves it, is cut off when the log opens again."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    copy = tmp_path / "after-the-crash"
    copy.mkdir()
    async with log_at(url) as log:
        noted = [await log.note(event()) for _ in range(5)]
        (copy / "record.db").write_bytes((tmp_path / "record.db").read_bytes())
        torn = (tmp_path / "record.db-wal").read_bytes()
        (copy / "record.db-wal").write_bytes(torn + torn[32:2000] + b"\0" * 5000)
    after = f"sqlite+aiosqlite:///{copy}/record.db"
    async with log_at(after) as log:
        last = await log.note(event())

    assert last.index == 5
    assert {(each.index, each.leaf_hash) for each in noted} < set(await rows_of(after, STORED))
    assert await problems_of(after, tmp_path / "out") == []


async def test_an_append_waits_for_no_server_that_is_away(postgres_server: Server, tmp_path: Path) -> None:
    """Without its server the log refuses; as soon as the server is back, it goes on by itself."""
    postgres_server.create("record")
    url = postgres_server.url("record")
    await prepare(url)
    async with log_at(url) as log:
        await log.note(event())
        postgres_server.stop()
        results = await asyncio.gather(*(log.note(event()) for _ in range(3)), return_exceptions=True)
        postgres_server.start()
        last = await log.note(event())

    assert len(refusals(list(results))) == 3
    assert last.index == 1
    assert await problems_of(url, tmp_path / "out") == []


async def test_a_server_that_falls_over_keeps_what_it_acknowledged(
    postgres_server: Server, tmp_path: Path
) -> None:
    """Whatever two gateways were told before the server's crash is in the log after its recovery."""
    postgres_server.create("record")
    url = postgres_server.url("record")
    await prepare(url)
    async with log_at(url) as one, log_at(url) as two:
        appending = [asyncio.create_task(append_until_refused(log)) for log in (one, two)]
        await asyncio.sleep(0.2)
        await asyncio.to_thread(postgres_server.kill)
        results = [result for task in appending for result in await task]
        await asyncio.to_thread(postgres_server.start)
        last = await two.note(event())
    stored = await rows_of(url, STORED)

    assert proofs(results)
    assert proofs(results) <= set(stored)
    assert last.index == len(stored) - 1
    assert await problems_of(url, tmp_path / "out") == []


async def test_a_publisher_waits_for_its_server(postgres_server: Server) -> None:
    """A running publisher that loses its server takes its office again when the server is back."""
    postgres_server.create("record")
    url = postgres_server.url("record")
    await prepare(url)
    async with engine_at(url) as engine, log_at(url) as log:
        publisher = Publisher(engine, SIGNER, every=0.05)
        running = asyncio.create_task(publisher.run())
        await publisher.inclusion((await log.note(event())).index)
        await asyncio.to_thread(postgres_server.kill)
        await asyncio.to_thread(postgres_server.start)
        noted: Noted = await log.note(event())
        proof = await publisher.inclusion(noted.index, patience=10)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    assert proof.index == noted.index
