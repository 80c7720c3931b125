"""The house that the stories are told in, on each of the two databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.house import House, open_house


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Give a running gateway with its demo people, cases and consents."""
    database = request.getfixturevalue("postgres_database") if request.param == "postgresql" else ""
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
