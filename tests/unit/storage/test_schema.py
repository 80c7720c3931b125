"""The migrations make exactly the tables that the code uses, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.election import elected
from audit.tables import audit_metadata, is_common
from gateway.storage.engine import open_engine
from gateway.storage.schema import SchemaOutdatedError, require_current, upgrade
from gateway.storage.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncEngine:
    """Give an engine on an empty database."""
    if request.param == "sqlite":
        return open_engine(f"sqlite+aiosqlite:///{tmp_path / 'obmin.db'}")
    return open_engine(request.getfixturevalue("postgres_database"))


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_common})
    return [*compare_metadata(context, [metadata, audit_metadata])]  # type: ignore[arg-type]


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_migrations_make_the_tables_that_the_code_uses(engine: AsyncEngine) -> None:
    """After an upgrade nothing differs from the tables as declared; a second upgrade changes nothing."""
    await upgrade(engine)
    await upgrade(engine)
    async with engine.connect() as connection:
        differences = await connection.run_sync(_differences)
    await engine.dispose()

    assert not differences


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_an_empty_database_is_refused_with_what_to_do(engine: AsyncEngine) -> None:
    """A database that was never upgraded is named, with the command that mends it."""
    with pytest.raises(SchemaOutdatedError, match="obmin db upgrade"):
        await require_current(engine)
    await engine.dispose()


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_a_migrated_record_cannot_be_edited(engine: AsyncEngine) -> None:
    """The triggers of the record are there after a migration."""
    await upgrade(engine)
    insert = text(
        "INSERT INTO audit_checkpoints (size, note, at) VALUES (1, 'note', 1)",
    )
    async with engine.begin() as connection:
        await connection.execute(insert)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit_checkpoints"))
    await engine.dispose()


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_a_running_publisher_does_not_hold_up_an_upgrade(engine: AsyncEngine) -> None:
    """Whoever signs heads holds an office of its own: an upgrade beside a running gateway goes through."""
    await upgrade(engine)
    async with elected(engine) as office, asyncio.timeout(10):
        await upgrade(engine)
    await engine.dispose()

    assert office is not None
