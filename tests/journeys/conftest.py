"""The house that the stories are told in, on each of the two databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
