"""Every write of the record fails twice: with nothing kept, and kept although an error came back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from audit.export import export
from audit.log import Intent, Log, Noted, Receipt
from audit.publisher import Publisher
from audit.store import AuditUnavailableError, Statement
from audit.verify import verify
from tests.faults.traps import FAIL, Trap, trapped_store
from tests.unit.audit.records import (
    END_CONSENT,
    NOW,
    SIGNER,
    dialect,
    engine_at,
    event,
    log_at,
    mandate,
    outcomes,
    prepare,
    rows_of,
)

STORED = "SELECT idx, leaf_hash FROM audit_entries ORDER BY idx"
COMMIT = ("COMMIT", "WITH head")
"""What commits: PostgreSQL takes plain entries in one statement."""
EARLIER = [
    ("BEGIN",),
    ("UPDATE audit_head",),
    ("INSERT INTO ended",),
    ("SELECT id, 0",),
    ("INSERT INTO audit_entries",),
    ("INSERT INTO audit_sources",),
]


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database with the record's tables."""
    url = (
        f"sqlite+aiosqlite:///{tmp_path}/record.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_database")
    )
    await prepare(url)
    return str(url)


async def append_much(log: Log, url: str) -> list[object]:
    """Append intents, releases on a consent, and entries with companions, all at once."""
    asked = [mandate(f"exchange-{number}") for number in range(4)]
    intents = await asyncio.gather(*(log.intend(each, NOW) for each in asked), return_exceptions=True)
    releases = [
        log.release(intent, each, outcomes(), NOW)
        for intent, each in zip(intents, asked, strict=True)
        if isinstance(intent, Intent)
    ]
    ended = [Statement(END_CONSENT[dialect(url)], (f"other-{number}",)) for number in range(4)]
    notes = [log.note(event(), [companion]) for companion in ended]
    return [*intents, *await asyncio.gather(*releases, *notes, return_exceptions=True)]


def proofs(results: list[object]) -> set[tuple[int, bytes]]:
    """Give index and leaf hash of every proof that was given."""
    return {
        (result.index, result.leaf_hash) for result in results if isinstance(result, Intent | Receipt | Noted)
    }


def refusals(results: list[object]) -> list[AuditUnavailableError]:
    """Give the refusals."""
    return [result for result in results if isinstance(result, AuditUnavailableError)]


async def take_office(publisher: Publisher) -> None:
    """Publish as soon as the database has noticed that the last publisher is gone."""
    async with asyncio.timeout(10):
        while not await publisher.publish():  # noqa: ASYNC110  it is another process that is waited for
            await asyncio.sleep(0.02)


async def problems_of(url: str, folder: Path) -> list[str]:
    """Publish, export and verify what is stored."""
    async with engine_at(url) as engine:
        publisher = Publisher(engine, SIGNER)
        await publisher.check()
        await take_office(publisher)
        async with engine.connect() as connection:
            await export(connection, folder, SIGNER.verifier)
    return [problem.what for problem in verify(folder, vkey=str(SIGNER.verifier)).problems]


@pytest.mark.parametrize("begins", EARLIER, ids=lambda begins: begins[0])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_write_that_fails_before_the_commit_keeps_nothing(
    database: str, tmp_path: Path, begins: tuple[str, ...], *, after: bool
) -> None:
    """Whichever statement fails, its waiters are refused, nothing of theirs is kept, the next are served."""
    trap = Trap(begins, after, FAIL[dialect(database)])
    log = Log(trapped_store(database, trap), SIGNER)
    results = await append_much(log, database)
    last = await log.note(event())
    await log.close()
    stored = await rows_of(database, STORED)

    assert trap.left == 0
    assert refusals(results)
    assert proofs(results) | {(last.index, last.leaf_hash)} == set(stored)
    assert [index for index, _ in stored] == list(range(len(stored)))
    assert await problems_of(database, tmp_path / "out") == []


async def test_a_commit_that_fails_with_nothing_kept_gives_no_proof(database: str, tmp_path: Path) -> None:
    """After a lost commit the batch is looked for, not found, and refused; it is not tried again."""
    log = Log(trapped_store(database, Trap(COMMIT, after=False, act=FAIL[dialect(database)])), SIGNER)
    results = await append_much(log, database)
    await log.close()

    assert {refusal.code for refusal in refusals(results)} == {"outcome-unknown"}
    assert proofs(results) == set(await rows_of(database, STORED))
    assert await problems_of(database, tmp_path / "out") == []


async def test_a_commit_kept_although_it_failed_is_found_again(database: str, tmp_path: Path) -> None:
    """When the batch is found in the log after all, its waiters get their proofs, each entry once."""
    trap = Trap(COMMIT, after=True, act=FAIL[dialect(database)])
    log = Log(trapped_store(database, trap), SIGNER)
    results = await append_much(log, database)
    await log.close()

    assert trap.left == 0
    assert refusals(results) == []
    assert proofs(results) == set(await rows_of(database, STORED))
    assert len(proofs(results)) == 12
    assert await problems_of(database, tmp_path / "out") == []


async def test_a_commit_of_which_nothing_can_be_learnt_is_refused(database: str, tmp_path: Path) -> None:
    """If the look-up fails too, nobody gets a proof, whatever is kept."""
    trap = Trap((*COMMIT, "SELECT id, idx"), after=True, act=FAIL[dialect(database)], left=2)
    log = Log(trapped_store(database, trap), SIGNER)
    results = await asyncio.gather(*(log.note(event()) for _ in range(5)), return_exceptions=True)
    last = await log.note(event())
    await log.close()

    assert trap.left == 0
    assert len(refusals(list(results))) == 5
    assert last.index == 5
    assert await problems_of(database, tmp_path / "out") == []


async def test_after_a_failed_sync_everything_is_written_anew(tmp_path: Path) -> None:
    """SQLite's write-ahead log is moved into the file before anything is built on a failed commit."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    moving = "PRAGMA wal_checkpoint(TRUNCATE)"
    trap = Trap(("COMMIT", moving), after=False, act=FAIL["sqlite"], left=3)
    log = Log(trapped_store(url, trap), SIGNER)
    results = [await _attempt(log) for _ in range(3)]
    await log.close()

    assert results == ["outcome-unknown", "sqlite-ioerr", "kept"]
    assert trap.left == 0


async def _attempt(log: Log) -> str:
    try:
        await log.note(event())
    except AuditUnavailableError as refusal:
        return refusal.code
    return "kept"


async def test_a_store_that_breaks_its_promise_leaves_nobody_waiting() -> None:
    """An error that no store should raise still refuses every waiter, and the next are served."""

    class Broken:
        async def write(self, _batch: object) -> list[int]:
            raise ZeroDivisionError

        async def find(self, _ids: object) -> dict[str, int]:
            return {}

        async def close(self) -> None:
            return

    log = Log(Broken(), SIGNER)
    results = await asyncio.gather(*(log.note(event()) for _ in range(3)), return_exceptions=True)

    assert [refusal.code for refusal in refusals(list(results))] == ["store-failed"] * 3


async def test_a_log_goes_on_where_another_failed(database: str) -> None:
    """A second gateway is not held up by the first one's failed transaction."""
    broken = Log(trapped_store(database, Trap(COMMIT, after=False, act=FAIL[dialect(database)])), SIGNER)
    async with log_at(database) as sound:
        results = await asyncio.gather(broken.note(event()), sound.note(event()), return_exceptions=True)
        last = await sound.note(event())
    await broken.close()

    assert len(refusals(list(results))) == 1
    assert last.index == 1
