"""The record as files: written from the database alone, and passing the verifier as it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from audit.event import Kind
from audit.export import ExportRefusedError, export, publish
from audit.log import Receipt
from audit.store import LogDamagedError
from audit.verify import verify
from tests.unit.audit.folders import exchange
from tests.unit.audit.records import NOW, SIGNER, engine_at, event, log_at, mandate, outcomes, prepare
from tests.unit.audit.test_publisher import publisher_at, tamper

VKEY = str(SIGNER.verifier)


async def recorded(url: str, others: int) -> Receipt:
    """Record one exchange, some of others, and further events; publish in between and at the end."""
    async with log_at(url) as log, publisher_at(url) as publisher:
        intent = await log.intend(mandate("first"), NOW)
        receipt = await log.release(intent, mandate("first"), outcomes(), NOW)
        await publisher.publish()
        await asyncio.gather(*(exchange(log, f"exchange-{number}") for number in range(20)))
        await publisher.publish()
        await asyncio.gather(*(log.note(event(Kind.READ)) for _ in range(others)))
        await publisher.publish()
    return receipt


async def write(url: str, folder: Path) -> int:
    """Export a log."""
    async with engine_at(url) as engine, engine.connect() as connection:
        return await export(connection, folder, SIGNER.verifier)


@pytest.mark.parametrize("others", [1, 214, 258])
async def test_an_exported_log_passes_the_verifier(database: str, tmp_path: Path, others: int) -> None:
    """What both databases hold is exported with every head, and nothing is wrong with it."""
    receipt = await recorded(database, others)
    size = await write(database, tmp_path / "out")
    report = verify(tmp_path / "out", [receipt.as_json() | {"exchange_id": "first"}], VKEY)

    assert report.ok, report.as_json()
    assert (report.size, report.checkpoints, report.receipts) == (size, 3, 1)
    assert size == 42 + others


async def test_entries_after_the_newest_head_wait_for_the_next(database: str, tmp_path: Path) -> None:
    """An export ends at the newest head although there are newer entries in the same tiles."""
    await recorded(database, 1)
    async with log_at(database) as log:
        await log.note(event())
    size = await write(database, tmp_path / "out")

    assert size == 43
    assert verify(tmp_path / "out", vkey=VKEY).ok


async def test_the_key_is_written_beside_the_log(sqlite_database: str, tmp_path: Path) -> None:
    """The folder names its own key, so that it can be served as it is."""
    await recorded(sqlite_database, 1)
    await write(sqlite_database, tmp_path / "out")

    assert (tmp_path / "out/log.vkey").read_text() == f"{VKEY}\n"
    assert verify(tmp_path / "out").ok


async def test_progress_ends_with_everything(sqlite_database: str, tmp_path: Path) -> None:
    """Whoever watches is told how far the export is, and that it is done."""
    await recorded(sqlite_database, 300)
    told: list[tuple[int, int]] = []
    async with engine_at(sqlite_database) as engine, engine.connect() as connection:
        await export(connection, tmp_path / "out", SIGNER.verifier, lambda *seen: told.append(seen))

    assert told == [(256, 342), (342, 342)]


async def test_a_folder_that_holds_something_is_refused(sqlite_database: str, tmp_path: Path) -> None:
    """An export never mixes with what is already there."""
    await recorded(sqlite_database, 1)
    (tmp_path / "something").touch()
    with pytest.raises(ExportRefusedError) as raised:
        await write(sqlite_database, tmp_path)

    assert raised.value.code == "not-empty"


async def test_a_log_without_a_head_is_not_exported(sqlite_database: str, tmp_path: Path) -> None:
    """Before anything is signed there is nothing that could be verified."""
    with pytest.raises(ExportRefusedError) as raised:
        await write(sqlite_database, tmp_path)

    assert raised.value.code == "nothing-signed"


CHANGES = [
    ("UPDATE audit_entries SET entry = (SELECT entry FROM audit_entries WHERE idx = 9) WHERE idx = 7", 7),
    ("UPDATE audit_entries SET idx = idx + 1000 WHERE idx IN (5, 6)", None),
    ("DELETE FROM audit_entries WHERE idx = 5", None),
]


@pytest.mark.parametrize(("change", "index"), CHANGES, ids=["edited", "moved", "deleted"])
async def test_what_was_changed_in_the_database_does_not_pass(
    database: str, tmp_path: Path, change: str, index: int | None
) -> None:
    """An entry changed by somebody with all rights is named by the verifier, a missing one by the export."""
    await recorded(database, 1)
    await tamper(database, change)
    problem = await _first_problem(database, tmp_path / "out")

    assert problem == (index, "entry-differs" if index else "entry-missing")


async def _first_problem(url: str, folder: Path) -> tuple[int | None, str]:
    try:
        await write(url, folder)
    except LogDamagedError as damaged:
        return None, damaged.code
    first = verify(folder, vkey=VKEY).first
    return (first.index, first.what) if first else (None, "")


async def test_a_broken_off_export_has_no_head(sqlite_database: str, tmp_path: Path) -> None:
    """Of an export that failed on the way the verifier says that there is no head."""
    await recorded(sqlite_database, 1)
    await tamper(sqlite_database, "DELETE FROM audit_entries WHERE idx = 5")
    with pytest.raises(LogDamagedError):
        await write(sqlite_database, tmp_path / "out")
    first = verify(tmp_path / "out", vkey=VKEY).first

    assert first is not None
    assert (first.what, first.where) == ("unreadable", "checkpoint")


async def publish_to(url: str, folder: Path) -> int:
    """Bring a public copy up to date."""
    async with engine_at(url) as engine, engine.connect() as connection:
        return await publish(connection, folder, SIGNER.verifier)


async def grow(url: str, others: int) -> None:
    """Record further events and sign a head."""
    async with log_at(url) as log, publisher_at(url) as publisher:
        await asyncio.gather(*(log.note(event(Kind.READ)) for _ in range(others)))
        await publisher.publish()


async def step(url: str, others: int, folder: Path) -> bool:
    """Grow and publish; say whether the copy verifies."""
    await grow(url, others)
    await publish_to(url, folder)
    return verify(folder, vkey=VKEY).ok


def files_of(folder: Path) -> dict[str, bytes]:
    """Read a whole folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_published_copy_grows_into_what_an_export_is(database: str, tmp_path: Path) -> None:
    """Step by step or at once, the files are the same, and every step verifies."""
    steps = [await step(database, others, tmp_path / "copy") for others in (3, 253, 1, 300)]
    await write(database, tmp_path / "whole")

    assert steps == [True] * 4
    assert files_of(tmp_path / "copy") == files_of(tmp_path / "whole")


async def test_a_publication_that_was_broken_off_is_made_good(sqlite_database: str, tmp_path: Path) -> None:
    """Files half written or written before the head do no harm to the next one."""
    await grow(sqlite_database, 300)
    await publish_to(sqlite_database, tmp_path / "copy")
    (tmp_path / "copy/tile/0/.001.unfinished").write_bytes(b"half")
    (tmp_path / "copy/checkpoint").unlink()
    await grow(sqlite_database, 5)
    await publish_to(sqlite_database, tmp_path / "copy")

    assert [problem.what for problem in verify(tmp_path / "copy", vkey=VKEY).problems] == []


@pytest.mark.parametrize(("entries", "code"), [(3, "rollback"), (9, "fork")])
async def test_another_history_is_not_published_over_the_first(
    sqlite_database: str, tmp_path: Path, entries: int, code: str
) -> None:
    """A database put back to an older copy, or another one under the same key, is refused and told which."""
    await grow(sqlite_database, 5)
    await publish_to(sqlite_database, tmp_path / "copy")
    other = f"sqlite+aiosqlite:///{tmp_path}/other.db"
    await prepare(other)
    await grow(other, entries)
    with pytest.raises(ExportRefusedError) as raised:
        await publish_to(other, tmp_path / "copy")

    assert raised.value.code == code
