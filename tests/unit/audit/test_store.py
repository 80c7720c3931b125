"""Companions and grounds in one transaction with their entries."""

from __future__ import annotations

import asyncio

import pytest

from audit.event import Event, Kind
from audit.log import Noted
from audit.store import CompanionRefusedError, GroundEndedError, Statement
from tests.unit.audit.records import (
    CONSENT,
    NOW,
    event,
    log_at,
    mandate,
    outcomes,
    rows_of,
    withdrawal,
)

INDEXES = "SELECT idx FROM audit_entries ORDER BY idx"
ENTRIES = "SELECT entry FROM audit_entries ORDER BY idx"
SIZE = "SELECT size FROM audit_head"


@pytest.mark.parametrize("withdrawn_first", [True, False])
async def test_a_withdrawal_in_the_same_commit_counts(database: str, *, withdrawn_first: bool) -> None:
    """Where a withdrawal and a release meet in one batch, no release stands behind its withdrawal."""
    async with log_at(database) as log:
        intent = await log.intend(mandate(), NOW)
        release = log.release(intent, mandate(), outcomes(), NOW)
        ended = log.note(event(Kind.CONSENT), [withdrawal(database)])
        first, second = (ended, release) if withdrawn_first else (release, ended)
        busy = log.note(event())
        results = await asyncio.gather(busy, first, second, log.note(event()), return_exceptions=True)

    assert sum(isinstance(result, GroundEndedError) for result in results) == 1
    assert sorted(result.index for result in results if isinstance(result, Noted)) == [1, 2, 3]


async def test_a_refused_release_takes_its_companions_with_it(database: str) -> None:
    """What was to be written beside a release is not written when its ground has ended."""
    async with log_at(database) as log:
        intent = await log.intend(mandate(), NOW)
        await log.note(event(Kind.CONSENT), [withdrawal(database)])
        with pytest.raises(GroundEndedError):
            await log.release(intent, mandate(), outcomes(), NOW, [withdrawal(database, "answer")])

    assert await rows_of(database, "SELECT id FROM ended") == [(CONSENT,)]


async def test_companions_are_written_with_their_entries(database: str) -> None:
    """Companions of many entries, several each, are there when the entries are."""
    async with log_at(database) as log:
        await asyncio.gather(
            *(
                log.note(event(), [withdrawal(database, f"a{number}"), withdrawal(database, f"b{number}")])
                for number in range(40)
            )
        )

    assert await rows_of(database, "SELECT count(*) FROM ended") == [(80,)]


BAD = [
    Statement("INSERT INTO ended (id) VALUES (NULL)"),
    Statement("INSERT INTO nowhere (id) VALUES (1)"),
    Statement("INSERT INTO"),
    Statement("INSERT INTO ended (id) VALUES ('x')", ("one parameter too many",)),
]


@pytest.mark.parametrize("bad", BAD, ids=["rule", "table", "syntax", "parameters"])
async def test_a_refused_companion_fails_only_its_own_entry(database: str, bad: Statement) -> None:
    """In one batch with a companion that cannot be written, all other entries are kept, without a gap."""
    async with log_at(database) as log:
        good = [log.note(event(), [withdrawal(database, f"a{number}")]) for number in range(9)]
        results = await asyncio.gather(log.note(event(), [bad]), *good, return_exceptions=True)

    assert isinstance(results[0], CompanionRefusedError)
    assert sorted(result.index for result in results[1:] if isinstance(result, Noted)) == list(range(9))
    assert await rows_of(database, "SELECT count(*) FROM ended") == [(9,)]
    assert await rows_of(database, SIZE) == [(9,)]


async def test_one_of_two_equal_companions_wins(database: str) -> None:
    """Two entries whose companions exclude each other: exactly one is kept."""
    async with log_at(database) as one, log_at(database) as two:
        results = await asyncio.gather(
            *(log.note(event(), [withdrawal(database)]) for _ in range(10) for log in (one, two)),
            return_exceptions=True,
        )

    assert sum(isinstance(result, Noted) for result in results) == 1
    assert sum(isinstance(result, CompanionRefusedError) for result in results) == 19


async def test_hostile_text_is_recorded_as_it_came(database: str) -> None:
    """NUL, line breaks and escapes are kept in the entry on both databases."""
    hostile = "a\0b\nc\x1b[2J"
    async with log_at(database) as log:
        await log.note(event(official=hostile, details={"sources": [{"source": hostile}]}))
    [(content,)] = await rows_of(database, ENTRIES)

    assert Event.parse(content).official == hostile
