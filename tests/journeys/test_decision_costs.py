"""What a decision asks of the database: one statement to look the person up, and nothing beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Row
from sqlalchemy.sql import Executable

from contracts.vocabulary import AgencyId, ExchangeId, Purpose
from gateway.app import lay_foundation
from gateway.consent.ground import Weighing, consider
from gateway.query import Query
from gateway.storage.engine import Database, now
from gateway.subjects import Subjects
from gateway.usage import Usage
from gateway.web.wire import HistoryBody
from tests.journeys.house import House, query_of

CASE_SYSTEM = AgencyId("case-system")


class Counted(Database):
    """A database that counts what it is asked."""

    asked = 0

    async def fetch(self, statement: Executable, **values: object) -> Sequence[Row[Any]]:
        """Read, and count."""
        self.asked += 1
        return await super().fetch(statement, **values)


@asynccontextmanager
async def deciding(house: House, purpose: str) -> AsyncIterator[tuple[Counted, Weighing]]:
    """Decide the main person's query as the pipeline does, on a database that counts."""
    database = Counted(house.settings.database.url)
    async with lay_foundation(house.settings) as foundation:
        words = foundation.contracts.vocabulary
        body = HistoryBody.model_validate(query_of(purpose=purpose))
        query: Query = body.query(ExchangeId("0" * 36), words, "uk")
        grant = foundation.contracts.permit(CASE_SYSTEM, Purpose(purpose), now())
        subjects = Subjects(database, foundation.ring, house.settings.tenant, words)
        try:
            standing = await subjects.find(CASE_SYSTEM, query, case_required=True)
            usage = await Usage(database).of(grant.contract, now())
            yield database, consider(grant, standing, query, (now(), now()), words, None, usage)
        finally:
            await database.close()


@pytest.mark.parametrize("purpose", ["needs-assessment", "crisis-intervention"])
async def test_a_decision_asks_the_database_once(house: House, purpose: str) -> None:
    """With a consent or without, person, case and consents come in one statement; deciding asks nothing."""
    async with deciding(house, purpose) as (database, weighing):
        asked, permits = database.asked, weighing.decision.permits

    assert permits
    assert asked == 1
