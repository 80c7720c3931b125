"""The migration that gives the record its months keeps what was recorded before it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.months import AHEAD
from audit.publisher import Publisher
from gateway.storage import schema
from gateway.storage.engine import now, open_engine
from tests.unit.audit.records import SIGNER, event, log_at, rows_of

FILL = """INSERT INTO audit_entries SELECT idx, 'id-' || idx, 'read', :at, '', 'case-system', '', '', '', '',
          '', '', '', convert_to(idx::text, 'UTF8'), ''::bytea FROM generate_series(0, 299) AS idx"""
EARLY = {"at": 1_700_000_000_000_000}
LATE = {"at": 3_400_000_000_000_000}
PIECES = """SELECT inhrelid::regclass::text FROM pg_inherits
            WHERE inhparent = 'audit_entries'::regclass ORDER BY 1"""


def _before(connection: Connection) -> None:
    config = schema._config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0007")


@pytest.fixture
async def migrated(postgres_database: str) -> AsyncIterator[AsyncEngine]:
    """Give a database that recorded 300 entries before its record had months."""
    engine = open_engine(postgres_database)
    async with engine.begin() as connection:
        await connection.run_sync(_before)
        await connection.execute(text(FILL), EARLY)
        await connection.execute(text("UPDATE audit_head SET size = 300"))
    await schema.upgrade(engine)
    yield engine
    await engine.dispose()


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_what_was_recorded_is_the_first_partition(
    migrated: AsyncEngine, postgres_database: str
) -> None:
    """Entries stay where they are, in order; new ones follow them in the months after."""
    async with log_at(postgres_database) as log:
        noted = await log.note(event(at=now()))
    checked = await Publisher(migrated, SIGNER).check()
    pieces = await rows_of(postgres_database, PIECES)

    assert noted.index == 300
    assert checked == 301
    assert len(pieces) == 2 + AHEAD
    assert pieces[-2:] == [("audit_entries_default",), ("audit_entries_early",)]


@pytest.mark.parametrize(
    ("statement", "why"),
    [("DELETE FROM audit_entries_early", "append-only"), (FILL, "audit_entries_ids")],
    ids=["changed", "repeated"],
)
@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_what_was_recorded_stays_as_it_is(migrated: AsyncEngine, statement: str, why: str) -> None:
    """Entries from before can neither be changed nor be recorded again in another month."""
    with pytest.raises(DBAPIError, match=why):
        async with migrated.begin() as connection:
            await connection.execute(text(statement), LATE)
