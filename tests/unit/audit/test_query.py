"""Reading the record by filter, by id, and what is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.event import Event, Kind
from audit.query import Filter, by_id, follow_ups, latest, open_intents, release_of, search, stream
from audit.store import LogDamagedError
from tests.unit.audit.records import NOW, engine_at, event, log_at, mandate, outcomes
from tests.unit.audit.test_publisher import tamper

MINUTE = timedelta(minutes=1)
READ = event(Kind.READ, at=NOW + 5 * MINUTE, official="auditor-1", case="other", subject_ref="subject-2")


@pytest.fixture
async def connection(database: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection to a record of two exchanges, one released and one open, and a reading."""
    async with log_at(database) as log:
        intent = await log.intend(mandate("released"), NOW)
        await log.release(intent, mandate("released"), outcomes(), NOW + MINUTE)
        await log.intend(mandate("open"), NOW + 2 * MINUTE)
        refused = await log.intend(mandate("refused"), NOW + 3 * MINUTE)
        await log.refuse(refused, mandate("refused"), "required-source", NOW + 4 * MINUTE)
        await log.note(READ)
    async with engine_at(database) as engine, engine.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("wanted", "indexes"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"start": NOW + MINUTE}, [1, 2, 3, 4, 5]),
        ({"end": NOW + MINUTE}, [0]),
        ({"kind": Kind.INTENT}, [0, 2, 3]),
        ({"agency": "case-system"}, [0, 1, 2, 3, 4, 5]),
        ({"agency": "partner"}, []),
        ({"official": "auditor-1"}, [5]),
        ({"purpose": "needs-assessment"}, [0, 1, 2, 3, 4]),
        ({"source": "health"}, [0, 1, 2, 3]),
        ({"source": "heal"}, []),
        ({"source": "%"}, []),
        ({"outcome": "released"}, [1]),
        ({"outcome": "refused"}, [4]),
        ({"case": "KYIV-2026-000123"}, [0, 1, 2, 3, 4]),
        ({"subject_ref": "subject-2"}, [5]),
        ({"exchange_id": "open"}, [2]),
        ({"after": 3}, [4, 5]),
        ({"kind": Kind.INTENT, "start": NOW + MINUTE, "after": 2}, [3]),
        ({"official": "x' OR 1=1 --"}, []),
        ({"agency": "case-system", "text": "disability_group"}, [0, 1, 2, 3]),
        ({"agency": "case-system", "text": "DISABILITY m-1"}, [1]),
        ({"agency": "case-system", "text": "%"}, []),
        ({"agency": "case-system", "text": "health nowhere"}, []),
    ],
)
async def test_filters_find_what_they_say(
    connection: AsyncConnection, wanted: dict[str, Any], indexes: list[int]
) -> None:
    """Each filter, and filters together, give exactly the events that fit, in order."""
    found = await search(connection, Filter(**wanted))

    assert [each.index for each in found] == indexes


@pytest.mark.parametrize(
    ("wanted", "before", "kinds", "indexes"),
    [
        ({}, None, [], [5, 4, 3]),
        ({}, 3, [], [2, 1, 0]),
        ({"agency": "case-system"}, None, [Kind.RELEASE, Kind.REFUSAL], [4, 1]),
        ({"case": "KYIV-2026-000123"}, 2, [Kind.INTENT], [0]),
        ({"source": "health"}, 3, [], [2, 1, 0]),
        ({}, 0, [], []),
    ],
)
async def test_the_newest_come_first(
    connection: AsyncConnection,
    wanted: dict[str, Any],
    before: int | None,
    kinds: list[Kind],
    indexes: list[int],
) -> None:
    """The newest that fit are given, and the last index leads to the page before."""
    found = await latest(connection, Filter(**wanted), 3, before, kinds)

    assert [each.index for each in found] == indexes


async def test_what_followed_is_found_by_its_exchange(connection: AsyncConnection) -> None:
    """Entries of one kind and result in the exchanges named, and in no other."""
    found = await follow_ups(connection, ["released", "refused"], Kind.RELEASE, "released")

    assert [each.index for each in found] == [1]


async def test_a_page_ends_at_its_limit(connection: AsyncConnection) -> None:
    """A limit is kept, and the last index leads to the next page."""
    first = await search(connection, Filter(), limit=4)
    second = await search(connection, Filter(after=first[-1].index), limit=4)

    assert [each.index for each in first + second] == [0, 1, 2, 3, 4, 5]


async def test_a_stream_is_all_pages_in_order(connection: AsyncConnection) -> None:
    """Every event that fits comes once."""
    found = [each.index async for each in stream(connection, Filter(agency="case-system"))]

    assert found == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("wanted", "narrow"), [({"text": "health"}, False), ({"after": 3}, False), ({"case": "c"}, True)]
)
def test_words_alone_are_no_narrow_search(wanted: dict[str, Any], narrow: bool) -> None:  # noqa: FBT001
    """Whoever searches for words says where, too, or the whole record would be read."""
    assert Filter(**wanted).narrow is narrow


async def test_an_event_is_found_by_its_id(connection: AsyncConnection) -> None:
    """The event comes back as it was recorded, with its place; an unknown id gives nothing."""
    found = await by_id(connection, READ.id)

    assert found is not None
    assert (found.event, found.index, found.content) == (READ, 5, READ.canonical())
    assert await by_id(connection, "unknown") is None


async def test_a_release_is_found_by_its_exchange(connection: AsyncConnection) -> None:
    """Only an exchange that was released has a release."""
    found = await release_of(connection, "released")

    assert found is not None
    assert (found.index, found.event.kind) == (1, Kind.RELEASE)
    assert await release_of(connection, "open") is None


async def test_open_intents_are_those_without_an_end(connection: AsyncConnection) -> None:
    """Released and refused exchanges are closed; one is open once it is old enough."""
    found = await open_intents(connection, NOW + 10 * MINUTE)

    assert [each.index for each in found] == [2]
    assert await open_intents(connection, NOW + 2 * MINUTE) == []
    assert await open_intents(connection, NOW + 10 * MINUTE, since=NOW + 3 * MINUTE) == []


async def test_an_abandoned_intent_is_no_longer_open(database: str, connection: AsyncConnection) -> None:
    """Once abandoned, an intent is closed."""
    async with log_at(database) as log:
        await log.note(Event(kind=Kind.ABANDONED, at=NOW, exchange_id="open"))

    assert await open_intents(connection, NOW + 10 * MINUTE) == []


async def test_an_entry_that_cannot_be_read_is_damage(database: str, connection: AsyncConnection) -> None:
    """A stored entry that is no canonical event is not passed over in silence."""
    await tamper(database, "UPDATE audit_entries SET entry = leaf_hash WHERE idx = 2")

    with pytest.raises(LogDamagedError):
        await search(connection, Filter())
