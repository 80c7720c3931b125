"""Signed heads: one signer, proofs for every entry, and a refusal to sign over a contradiction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import text

from audit.checkpoint import Checkpoint
from audit.log import Log
from audit.merkle import includes
from audit.note import Signer
from audit.publisher import Publisher
from audit.store import AuditUnavailableError, LogDamagedError
from audit.tree import Inclusion
from tests.unit.audit.records import NOW, SIGNER, dialect, engine_at, event, log_at, rows_of

HEADS = "SELECT size, note FROM audit_checkpoints ORDER BY size"


@asynccontextmanager
async def publisher_at(url: str, signer: Signer = SIGNER) -> AsyncIterator[Publisher]:
    """Give a publisher on an engine of its own."""
    async with engine_at(url) as engine:
        yield Publisher(engine, signer, every=0.05, now=lambda: NOW)


@asynccontextmanager
async def running(publisher: Publisher) -> AsyncIterator[asyncio.Task[None]]:
    """Let a publisher run, and stop it at the end."""
    task = asyncio.create_task(publisher.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def append(url: str, count: int) -> list[bytes]:
    """Append events and give their leaf hashes in order."""
    async with log_at(url) as log:
        noted = await asyncio.gather(*(log.note(event()) for _ in range(count)))
    return [each.leaf_hash for each in noted]


async def append_and_publish(publisher: Publisher, url: str, counts: Sequence[int]) -> list[bytes]:
    """Append so many events before each publication."""
    leaves = []
    for count in counts:
        leaves += await append(url, count)
        await publisher.publish()
    return leaves


async def tamper(url: str, *statements: str) -> None:
    """Change what is stored as somebody with all rights could."""
    off = {
        "sqlite": [
            f"DROP TRIGGER {table}_{verb}"
            for table in ("audit_entries", "audit_checkpoints")
            for verb in ("update", "delete")
        ],
        "postgresql": ["SET session_replication_role = replica"],
    }
    async with engine_at(url) as engine, engine.begin() as connection:
        for statement in [*off[dialect(url)], *statements]:
            await connection.execute(text(statement))


def holds(proof: Inclusion, leaf: bytes) -> bool:
    """Say whether a proof shows a leaf under the signed head that it carries."""
    head = Checkpoint.open(proof.checkpoint, SIGNER.verifier)
    return head.size == proof.size and includes(head.root, head.size, leaf, proof.index, proof.proof)


async def test_the_empty_log_has_a_head(database: str) -> None:
    """Before any entry a head of size 0 is signed, once."""
    async with publisher_at(database) as publisher:
        assert await publisher.publish()
        assert await publisher.publish()

    assert [size for size, _ in await rows_of(database, HEADS)] == [0]


async def test_every_entry_is_proved_under_the_newest_head(database: str) -> None:
    """After publications at odd sizes, every entry has a proof that holds."""
    async with publisher_at(database) as publisher:
        leaves = await append_and_publish(publisher, database, (1, 254, 3, 300))
        proofs = [await publisher.inclusion(index, patience=0) for index in range(0, 558, 31)]
        size = await publisher.check()

    assert size == 558
    assert all(holds(proof, leaves[proof.index]) for proof in proofs)
    assert [size for size, _ in await rows_of(database, HEADS)] == [1, 255, 258, 558]


async def test_a_process_that_starts_while_others_append_finds_nothing_wrong(database: str) -> None:
    """The head and the newest entry are looked at in one moment, however busy the log is."""
    async with publisher_at(database) as publisher, log_at(database) as log:
        writing = [asyncio.create_task(_append_one_by_one(log, 40)) for _ in range(3)]
        sizes = [await publisher.check() for _ in range(60)]
        await asyncio.gather(*writing)
        last = await publisher.check()

    assert sizes == sorted(sizes)
    assert last == 120


async def _append_one_by_one(log: Log, count: int) -> None:
    for _ in range(count):
        await log.note(event())


async def test_a_running_publisher_proves_a_new_entry_soon(database: str) -> None:
    """While a publisher runs, the proof of an entry just appended is there within two seconds."""
    async with publisher_at(database) as publisher, running(publisher):
        [leaf] = await append(database, 1)
        proof = await publisher.inclusion(0)

    assert holds(proof, leaf)


async def test_without_a_publisher_there_is_no_proof_yet(database: str) -> None:
    """An entry that no head covers is said to be not yet published."""
    await append(database, 1)
    async with publisher_at(database) as publisher:
        with pytest.raises(AuditUnavailableError) as raised:
            await publisher.inclusion(0, patience=0)

    assert raised.value.code == "not-yet-published"


async def test_only_one_publisher_holds_the_office(database: str) -> None:
    """While one publisher runs a second one signs nothing; when the first stops, it takes over."""
    async with publisher_at(database) as first, publisher_at(database) as second:
        async with running(first):
            await append(database, 1)
            await first.inclusion(0)
            refused = await second.publish()
        taken = await second.publish()

    assert (refused, taken) == (False, True)


async def test_a_waiting_publisher_takes_over(database: str) -> None:
    """A second running publisher publishes what comes after the first has gone."""
    async with publisher_at(database) as first, publisher_at(database) as second, running(second):
        async with running(first):
            await append(database, 1)
            await first.inclusion(0)
        [leaf] = await append(database, 1)
        proof = await second.inclusion(1)

    assert holds(proof, leaf)


ENTRY = "UPDATE audit_entries SET entry = (SELECT entry FROM audit_entries WHERE idx = 0) WHERE idx = 1"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (ENTRY, "entries-differ-from-signed"),
        ("UPDATE audit_entries SET idx = CASE idx WHEN 1 THEN 9 ELSE idx END", "head-differs"),
        ("DELETE FROM audit_entries WHERE idx = 1", "entry-missing"),
        ("DELETE FROM audit_entries WHERE idx = 4", "head-differs"),
        ("UPDATE audit_head SET size = 4", "head-differs"),
        ("DELETE FROM audit_head", "head-missing"),
        ("UPDATE audit_checkpoints SET note = 'x' || note", "checkpoint-"),
    ],
)
async def test_a_changed_past_is_noticed_at_the_start(database: str, statement: str, code: str) -> None:
    """What was signed and what is stored must agree, or the service does not start."""
    async with publisher_at(database) as publisher:
        await append(database, 5)
        await publisher.publish()
        await tamper(database, statement)
        with pytest.raises(LogDamagedError) as raised:
            await publisher.check()

    assert raised.value.code.startswith(code)


async def test_a_log_rolled_back_behind_its_head_is_noticed(database: str) -> None:
    """Fewer entries than were signed is damage, even if entries and size agree."""
    async with publisher_at(database) as publisher:
        await append(database, 5)
        await publisher.publish()
        await tamper(database, "DELETE FROM audit_entries WHERE idx = 4", "UPDATE audit_head SET size = 4")
        with pytest.raises(LogDamagedError) as raised:
            await publisher.check()

    assert raised.value.code == "entries-fewer-than-signed"


async def test_another_key_does_not_go_on_with_a_log(database: str) -> None:
    """A gateway with another signing key neither starts on this log nor signs it."""
    async with publisher_at(database) as publisher:
        await append(database, 1)
        await publisher.publish()
    async with publisher_at(database, Signer.of(SIGNER.name, bytes(32))) as stranger:
        with pytest.raises(LogDamagedError):
            await stranger.check()
        with pytest.raises(LogDamagedError):
            await stranger.publish()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM audit_tiles", "tile-missing"),
        ("UPDATE audit_tiles SET data = (SELECT leaf_hash FROM audit_entries WHERE idx = 0)", "tile-differs"),
    ],
)
async def test_nothing_is_signed_over_other_tiles(database: str, statement: str, code: str) -> None:
    """A running publisher ends rather than sign what does not continue its last head."""
    async with publisher_at(database) as publisher:
        await append(database, 5)
        await publisher.publish()
        await append(database, 1)
        await tamper(database, statement)
        with pytest.raises(LogDamagedError) as raised:
            await asyncio.wait_for(publisher.run(), 5)

    assert raised.value.code == code
    assert [size for size, _ in await rows_of(database, HEADS)] == [5]
