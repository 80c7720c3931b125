"""The background work: dead intents are ended, what ran out is deleted, keys re-wrapped, people told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy.exc import SQLAlchemyError

from audit.event import Event, Kind
from audit.log import Log
from audit.query import Recorded, open_intents
from contracts.vocabulary import ObminError
from gateway.assessment.assessments import forget_acts
from gateway.kept import purge
from gateway.offers.offering import Offering
from gateway.oversight.notices import Notices
from gateway.sealing.keys import KeyRing
from gateway.sealing.rotation import rewrap
from gateway.storage.assertions import UsedAssertions
from gateway.storage.engine import Database, Prepared, now
from gateway.storage.tables import exchanges

log = structlog.get_logger()

DEAD = timedelta(minutes=5)
"""No exchange lasts as long as this: an older intent without an end lost its process."""


class Chores:
    """Everything is safe to do twice, so any number of workers may run. `tidy` is the work on grounds."""

    def __init__(
        self,
        record: Log,
        database: Database,
        ring: KeyRing,
        offering: Offering,
        notices: Notices,
        messages: Path | None,
        tidy: Callable[[], Awaitable[int]],
    ) -> None:
        self._notices, self._messages = notices, messages
        self._tidy = tidy
        self._record = record
        self._database = database
        self._ring = ring
        self._offering = offering
        self._assertions = UsedAssertions(database)
        self._refused = Prepared(
            update(exchanges)
            .where(exchanges.c.id == bindparam("exchange"), exchanges.c.state == "running")
            .values(state=bindparam("new_state"), problem=bindparam("slug")),
            database.dialect,
        )

    async def run(self, every: float = 30.0) -> None:
        """Do the round again and again, until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self.round(DEAD)
            except (SQLAlchemyError, ObminError, OSError) as error:
                log.warning("chores.failed", code=type(error).__name__)
            await asyncio.sleep(every)

    async def round(self, dead: timedelta) -> int:
        """Do everything once; give how many intents were abandoned."""
        abandoned = await self._abandon(dead)
        count = await purge(self._database) + await self._tidy()
        count += await forget_acts(self._database)
        await self._assertions.purge()
        count += await self._offering.round()
        self._ring.refresh()
        progress = await rewrap(self._database.engine, self._ring)
        if self._messages:
            count += await self._notices.send(self._messages)
        if abandoned or count or progress.rewrapped:
            log.info("chores.done", count=count + progress.rewrapped, size=abandoned)
        return abandoned

    async def _abandon(self, dead: timedelta) -> int:
        """End the intents whose process died before it could: the record shows that nothing was released."""
        async with self._database.reading() as connection:
            intents = await open_intents(connection, now() - dead)
        for intent in intents:
            await self._record.note(
                _abandonment(intent),
                [self._refused.bind(exchange=intent.event.exchange_id, new_state="refused", slug="internal")],
            )
        return len(intents)


def _abandonment(intent: Recorded) -> Event:
    event = intent.event
    return Event(
        kind=Kind.ABANDONED,
        at=now(),
        exchange_id=event.exchange_id,
        agency=event.agency,
        official=event.official,
        case=event.case,
        purpose=event.purpose,
        subject_ref=event.subject_ref,
        contract=event.contract,
        result="abandoned",
        reason="process-died",
        details={"intent": intent.index},
    )
