"""The house that the stories are told in, on each of the two databases."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.delivering import Post, open_post
from tests.journeys.house import House, open_house


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Give a running gateway with its demo people, cases and consents."""
    database = request.getfixturevalue("postgres_place") if request.param == "postgresql" else ""
    async with open_house(tmp_path / "deployment", database) as opened:
        yield opened


@pytest.fixture
async def lite(tmp_path: Path) -> AsyncIterator[House]:
    """Give a running gateway on SQLite, for what does not depend on the database."""
    async with open_house(tmp_path / "deployment") as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def common(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give one running gateway on SQLite to all tests of a module that leave it as they found it.

    Such a module says `pytestmark = pytest.mark.asyncio(loop_scope="module")`.
    """
    async with open_house(tmp_path_factory.mktemp("house") / "deployment") as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_of(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a database for a module: on PostgreSQL one that nobody has made yet, on SQLite none."""
    if request.param == "sqlite":
        yield ""
        return
    server, name = request.getfixturevalue("_shared_server"), f"module-{uuid.uuid4().hex}"
    yield server.url(name)
    server.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house_of(database_of: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give one running gateway on each of the two databases to all tests of a module. See `common`."""
    async with open_house(tmp_path_factory.mktemp("house") / "deployment", database_of) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def post_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of an empty database for a module, empty for one in the post office's own folder."""
    if request.param == "sqlite":
        yield ""
        return
    server, name = request.getfixturevalue("_shared_server"), f"post-{uuid.uuid4().hex}"
    server.create(name)
    yield server.url(name)
    server.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post_of(post_database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Post]:
    """Give one post office on each of the two databases to all tests of a module."""
    folder = tmp_path_factory.mktemp("post")
    async with open_post(folder, post_database or f"sqlite+aiosqlite:///{folder}/obmin.db") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def post(post_of: Post) -> Post:
    """Give the module's post office as it was in the beginning."""
    await post_of.reset()
    return post_of
