"""Many waiters, one commit, one order: on both databases."""

from __future__ import annotations

import asyncio

import pytest

from audit.log import Log
from audit.store import AuditUnavailableError
from tests.unit.audit.records import (
    SIGNER,
    event,
    log_at,
    rows_of,
)

INDEXES = "SELECT idx FROM audit_entries ORDER BY idx"
ENTRIES = "SELECT entry FROM audit_entries ORDER BY idx"
SIZE = "SELECT size FROM audit_head"


async def test_concurrent_appends_leave_no_gap(database: str) -> None:
    """Every waiter gets its own index, and the indexes are all numbers from 0 on."""
    async with log_at(database) as log:
        noted = await asyncio.gather(*(log.note(event()) for _ in range(700)))

    assert sorted(each.index for each in noted) == list(range(700))
    assert await rows_of(database, INDEXES) == [(index,) for index in range(700)]
    assert await rows_of(database, SIZE) == [(700,)]


async def test_two_logs_on_one_database_share_one_order(database: str) -> None:
    """Two gateways append at once without a gap, a fork or an index given twice."""
    async with log_at(database) as one, log_at(database) as two:
        noted = await asyncio.gather(*(log.note(event()) for _ in range(100) for log in (one, two)))
    stored = await rows_of(database, "SELECT idx, leaf_hash FROM audit_entries ORDER BY idx")

    assert sorted((each.index, each.leaf_hash) for each in noted) == stored
    assert [index for index, _ in stored] == list(range(200))


async def test_what_was_acknowledged_first_stands_first(database: str) -> None:
    """An entry appended after another's acknowledgement, by any gateway, has a higher index."""
    async with log_at(database) as one, log_at(database) as two:
        noted = [await log.note(event()) for _ in range(5) for log in (one, two)]

    assert [each.index for each in noted] == list(range(10))


async def test_too_many_waiters_are_turned_away(sqlite_database: str) -> None:
    """Beyond the bound of the queue an append is refused at once, and the others are kept."""
    async with log_at(sqlite_database) as usual:
        bounded = Log(usual._writer._store, SIGNER, most_waiting=3)
        results = await asyncio.gather(*(bounded.note(event()) for _ in range(5)), return_exceptions=True)

    assert [getattr(result, "code", "kept") for result in results] == ["kept"] * 3 + ["queue-full"] * 2


async def test_a_waiter_that_hangs_up_changes_nothing(database: str) -> None:
    """An entry is kept although nobody waits for its acknowledgement any more."""
    async with log_at(database) as log:
        hung_up = asyncio.create_task(log.note(event()))
        await asyncio.sleep(0)
        hung_up.cancel()
        after = await log.note(event())

    assert after.index == 1
    assert hung_up.cancelled()


async def test_a_closed_log_takes_nothing(sqlite_database: str) -> None:
    """After closing, an append is refused; what waited before is kept."""
    async with log_at(sqlite_database) as log:
        waiting = asyncio.create_task(log.note(event()))
        await asyncio.sleep(0)
        await log.close()
        with pytest.raises(AuditUnavailableError) as raised:
            await log.note(event())

    assert raised.value.code == "closed"
    assert (await waiting).index == 0
