"""All about referrals of one process, put together; and what has to be done again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.log import Log
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, ObminError
from gateway.agencies import Agency
from gateway.exchange import Pipeline
from gateway.outbox.service import Outbox
from gateway.oversight.sealed import SealedParts
from gateway.referrals.clocks import Clocks
from gateway.referrals.contributions import Contributions
from gateway.referrals.hearing import Hearing
from gateway.referrals.posting import PREFIX, Posting
from gateway.referrals.referrals import Referrals
from gateway.referrals.reminding import Reminding
from gateway.referrals.rows import ReferralRows
from gateway.referrals.subscriptions import Subscriptions
from gateway.referrals.telling import Telling
from gateway.referrals.views import Views
from gateway.referrals.watching import Look, Watching
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database
from gateway.workdays import Calendar

log = structlog.get_logger()


class Place(Protocol):
    """What the settings say that referrals depend on."""

    @property
    def tenant(self) -> str:
        """Whose data this is."""

    @property
    def country(self) -> str:
        """By whose days off working days are counted."""

    @property
    def public_url(self) -> str:
        """How callers reach us."""

    @property
    def clocks(self) -> Path:
        """The file of deadlines."""


@dataclass(frozen=True, slots=True)
class Referring:
    """The services of referrals. `run` is background work, which any number of processes may do."""

    referrals: Referrals
    telling: Telling
    posting: Posting
    reminding: Reminding
    views: Views
    contributions: Contributions
    hearing: Hearing
    subscriptions: Subscriptions
    public_url: str
    look: Look

    @classmethod
    def over(
        cls,
        database: Database,
        record: Log,
        ring: KeyRing,
        contracts: ContractStore,
        outbox: Outbox,
        place: Place,
    ) -> Self:
        """Put them together, and watch what becomes of their messages. Raises `ClocksError`."""
        clocks = Clocks.load(place.clocks, Calendar(place.country), contracts.vocabulary.time_zone)
        telling = Telling(contracts, outbox.weighing, place.tenant)
        posting = Posting(
            database,
            record,
            outbox.delivery,
            outbox.letters,
            outbox.settling,
            telling,
            clocks,
            outbox.worker.stir,
        )
        rows, parts = ReferralRows(database), SealedParts(database, ring, place.tenant)
        kept = Referrals(rows, record, parts, telling, posting, clocks)
        outbox.settling.observe(PREFIX, posting)
        added = Contributions(database, parts, contracts, kept)
        return cls(
            referrals=kept,
            telling=telling,
            posting=posting,
            reminding=Reminding(rows, kept, posting),
            views=Views(record, kept, telling, posting, added),
            contributions=added,
            hearing=Hearing(contracts, rows, added),
            subscriptions=Subscriptions(database, record, parts, outbox.delivery),
            public_url=place.public_url,
            look=Look(database, ring, place.tenant, clocks.look_every),
        )

    def watching(self, pipeline: Pipeline, agencies: Mapping[AgencyId, Agency]) -> Watching:
        """Give what looks for changes, in a process that can ask registries."""
        return Watching(pipeline, self.subscriptions, agencies, self.look)

    async def run(self, every: float = 30.0) -> None:
        """Remind and escalate again and again, until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self.reminding.round()
            except (SQLAlchemyError, ObminError, OSError) as error:
                log.warning("referrals.failed", code=type(error).__name__)
            await asyncio.sleep(every)
