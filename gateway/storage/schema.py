"""The schema of the database: bring it up to date, or say that it is not."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.vocabulary import ObminError

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x0B318
"""Two processes that start together migrate once: an advisory lock on PostgreSQL, SQLite's own else.

Another number than the publisher's (`audit.election`), whose holder never lets go while it runs.
"""


class SchemaOutdatedError(ObminError):
    """The database is not of this version. Run `obmin db upgrade`."""


async def upgrade(engine: AsyncEngine) -> None:
    """Run every migration that the database lacks, in one transaction under a lock."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def current(engine: AsyncEngine) -> tuple[str | None, str]:
    """Give the database's revision and the newest there is."""
    async with engine.connect() as connection:
        return await connection.run_sync(_current), _newest()


async def require_current(engine: AsyncEngine) -> None:
    """Refuse to go on with a database of another version.

    Raises:
        SchemaOutdatedError: its revision is not the newest.
    """
    found, newest = await current(engine)
    if found != newest:
        raise SchemaOutdatedError("run `obmin db upgrade`")


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaOutdatedError("no migrations")
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
