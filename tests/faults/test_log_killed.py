"""`kill -9` at every point of an append and of a publication: what was acknowledged is there and verifies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from audit.publisher import Publisher
from audit.verify import verify
from tests.faults.test_log_writes import STORED, database, problems_of
from tests.unit.audit.records import SIGNER, engine_at, event, log_at, prepare, rows_of

__all__ = ["database"]

RUNS = 50 if os.environ.get("OBMIN_FAULTS") == "full" else 1
SKIPS = [(run * 7 + 5) % 19 for run in range(RUNS)]
SKIPS_PUBLISHING = [(run + 1) % 6 for run in range(RUNS)]
COMMITS = range(1, 13) if RUNS > 1 else range(3, 5)
APPENDING = [
    "BEGIN",
    "UPDATE audit_head",
    "INSERT INTO ended",
    "SELECT id, 0",
    "INSERT INTO audit_entries",
    "INSERT INTO audit_sources",
    "COMMIT",
]
PUBLISHING = [
    "SELECT audit_checkpoints",
    "SELECT audit_tiles",
    "INSERT INTO audit_tiles",
    "INSERT INTO audit_checkpoints",
]
WHEN = ["before", "after"]
Acknowledged = set[tuple[int, bytes]]


def run_until_killed(what: str, url: str, statement: str, when: str, skip: int) -> Acknowledged:
    """Run a record in a process of its own until it dies; give what it was told."""
    command = [sys.executable, "-m", "tests.faults.appending", what, url, statement, when, str(skip)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    return {(int(index), bytes.fromhex(leaf)) for index, leaf in told}


@pytest.mark.parametrize("skip", SKIPS)
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("statement", APPENDING)
async def test_a_killed_gateway_has_lost_nothing_it_acknowledged(
    database: str, tmp_path: Path, statement: str, when: str, skip: int
) -> None:
    """After the kill every acknowledged entry is at its index, without a gap, and the log goes on."""
    told = run_until_killed("log", database, statement, when, skip)
    stored = await rows_of(database, STORED)
    async with log_at(database) as log:
        last = await log.note(event())

    assert told <= set(stored)
    assert [index for index, _ in stored] == list(range(len(stored)))
    assert last.index == len(stored)
    assert await problems_of(database, tmp_path / "out") == []


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("when", WHEN)
async def test_a_gateway_killed_at_an_append_in_one_statement(
    postgres_database: str, tmp_path: Path, when: str, run: int
) -> None:
    """What PostgreSQL takes, claims and commits at once is as safe as what takes several steps."""
    await prepare(postgres_database)
    told = run_until_killed("log", postgres_database, "WITH head", when, 1 + run % 5)

    assert told <= set(await rows_of(postgres_database, STORED))
    assert await problems_of(postgres_database, tmp_path / "out") == []


@pytest.mark.parametrize("skip", SKIPS_PUBLISHING)
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("statement", PUBLISHING)
async def test_a_killed_publisher_is_taken_over_from(
    database: str, tmp_path: Path, statement: str, when: str, skip: int
) -> None:
    """After the kill another publisher is elected and signs on; every head that was signed still fits."""
    told = run_until_killed("publisher", database, statement, when, skip)

    assert told <= set(await rows_of(database, STORED))
    assert await problems_of(database, tmp_path / "out") == []


@pytest.mark.parametrize("skip", COMMITS)
async def test_a_publisher_killed_at_its_commit_is_taken_over_from(
    database: str, tmp_path: Path, skip: int
) -> None:
    """Tiles and head are committed together or not at all."""
    run_until_killed("publisher", database, "COMMIT", "before", skip)
    async with engine_at(database) as engine:
        size = await Publisher(engine, SIGNER).check()

    assert size % 150 == 0
    assert await problems_of(database, tmp_path / "out") == []
    assert verify(tmp_path / "out", vkey=str(SIGNER.verifier)).size == size
