"""Counts in a fresh database, at a time that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.politeness.calls import Calls
from gateway.storage.engine import Database
from gateway.storage.schema import upgrade
from tests.unit.politeness.questions import NOON


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Give a database with the newest schema."""
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'obmin.db'}")
    await upgrade(opened.engine)
    yield opened
    await opened.close()


@pytest.fixture
def calls(database: Database) -> Calls:
    """Give counts at a time that stands still."""
    return Calls(database, lambda: NOON)
