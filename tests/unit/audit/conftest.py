"""The databases on which the record is tested: SQLite in a file, and PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.unit.audit.folders import EXCHANGES, HEADS, OTHERS, story, write_log
from tests.unit.audit.records import prepare

BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.allow_hosts(["127.0.0.1"])),
]


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/record.db"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture
async def database(empty_database: str) -> str:
    """Give the URL of a database with the record's tables."""
    await prepare(empty_database)
    return empty_database


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> str:
    """Give the URL of an SQLite database with the record's tables."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    return url


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log of 600 entries with eight heads."""
    folder = tmp_path_factory.mktemp("honest")
    write_log(folder, asyncio.run(story(EXCHANGES, OTHERS)), HEADS)
    return folder


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Path:
    """Give a copy of the log to change."""
    return Path(shutil.copytree(honest, tmp_path / "log"))
