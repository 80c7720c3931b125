"""Sessions: two clocks, an id that is nowhere stored, and an end that is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from contracts.vocabulary import AgencyId, OfficialId
from gateway.signin.sessions import Level, Sessions, Who
from gateway.storage.engine import Database, micros, now
from gateway.storage.schema import upgrade
from gateway.storage.signin_tables import sessions

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=10)
WHO = Who(AgencyId("operator"), OfficialId("operator-1"), None, Level.HIGH, now())


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Give an empty database."""
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'obmin.db'}")
    await upgrade(opened.engine)
    yield opened
    await opened.close()


async def test_a_session_is_found_by_its_id_and_by_nothing_in_the_database(database: Database) -> None:
    """Whoever reads the table learns no id that would open anything."""
    kept = Sessions(database, IDLE, LONGEST)
    key = await kept.begin(WHO)
    found = await kept.find(key)
    (row,) = await database.fetch(select(sessions))

    assert found is not None
    assert found.who == WHO
    assert key.encode() not in row.digest
    assert await kept.find(row.digest.hex()) is None


@pytest.mark.parametrize(("column", "ago"), [("seen_at", IDLE), ("began_at", LONGEST)])
async def test_either_clock_ends_it(database: Database, column: str, ago: timedelta) -> None:
    """Too long without a page, or too long at all: it is over, and is forgotten with the next tidying."""
    kept = Sessions(database, IDLE, LONGEST)
    key = await kept.begin(WHO)
    await database.write(update(sessions).values({column: micros(now() - ago - timedelta(seconds=5))}))
    over = await kept.find(key)
    await kept.begin(WHO)
    left = await database.fetch(select(sessions))

    assert over is None
    assert len(left) == 1


async def test_a_page_now_and_then_keeps_it(database: Database) -> None:
    """What is used is noted, at most once a minute."""
    kept = Sessions(database, IDLE, LONGEST)
    key = await kept.begin(WHO)
    earlier = micros(now() - timedelta(minutes=20))
    await database.write(update(sessions).values(seen_at=earlier))
    found = await kept.find(key)
    (row,) = await database.fetch(select(sessions.c.seen_at))

    assert found is not None
    assert row.seen_at > earlier


async def test_an_end_is_one(database: Database) -> None:
    """Ended or replaced, the old id opens nothing; ending it again changes nothing."""
    kept = Sessions(database, IDLE, LONGEST)
    first = await kept.begin(WHO)
    second = await kept.begin(WHO, first)

    assert await kept.find(first) is None
    assert await kept.end(second)
    assert not await kept.end(second)
