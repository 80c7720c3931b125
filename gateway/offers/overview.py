"""What a partner sees of its own at a glance: how much of what, and its offers and requests page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, func, select

from contracts.vocabulary import AgencyId
from gateway.offers.allocation import Allocation, Stage, allocation_of
from gateway.offers.offer import Offer, State
from gateway.offers.rows import offer_of
from gateway.storage.engine import Database, micros
from gateway.storage.offer_tables import allocations, offers


@dataclass(frozen=True, slots=True)
class Tallies:
    """How many offers and requests stand where, and what waits for the partner.

    `unconfirmed` are published offers not confirmed of late, `late` promises whose lead time is over.
    """

    offers: Mapping[State, int]
    requests: Mapping[Stage, int]
    unconfirmed: int
    late: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A promise as its partner sees it, and what of which offer it is. Nothing in it is about the person."""

    allocation: Allocation
    title: str
    unit: str


class Overview:
    """Reads; whoever calls has made sure that it is the partner's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tallies(self, partner: AgencyId, unconfirmed_since: datetime, at: datetime) -> Tallies:
        """Count by state."""
        by_state = (
            select(offers.c.state, func.count()).where(offers.c.partner == partner).group_by(offers.c.state)
        )
        by_stage = (
            select(allocations.c.state, func.count())
            .where(allocations.c.partner == partner)
            .group_by(allocations.c.state)
        )
        stale = select(func.count()).where(
            offers.c.partner == partner,
            offers.c.state == State.PUBLISHED,
            offers.c.confirmed_at < micros(unconfirmed_since),
        )
        late = select(func.count()).where(
            allocations.c.partner == partner,
            allocations.c.state.in_((Stage.CONFIRMED, Stage.ACCEPTED)),
            allocations.c.due_at < micros(at),
        )
        return Tallies(
            {State(state): count for state, count in map(tuple, await self._database.fetch(by_state))},
            {Stage(stage): count for stage, count in map(tuple, await self._database.fetch(by_stage))},
            int((await self._database.fetch(stale))[0][0]),
            int((await self._database.fetch(late))[0][0]),
        )

    async def offers(
        self, partner: AgencyId, states: Collection[State], before: str, limit: int
    ) -> Sequence[Offer]:
        """Give a page of a partner's offers, the newest first; `before` is the last id of the page before."""
        statement = (
            select(offers)
            .where(offers.c.partner == partner, offers.c.state.in_(states))
            .order_by(offers.c.id.desc())
            .limit(limit)
        )
        if before:
            statement = statement.where(offers.c.id < before)
        return [offer_of(row) for row in await self._database.fetch(statement)]

    async def unconfirmed(self, partner: AgencyId, since: datetime, limit: int) -> Sequence[Offer]:
        """Give the published offers that were not confirmed of late, the longest unconfirmed first."""
        statement = (
            select(offers)
            .where(
                offers.c.partner == partner,
                offers.c.state == State.PUBLISHED,
                offers.c.confirmed_at < micros(since),
            )
            .order_by(offers.c.confirmed_at, offers.c.id)
            .limit(limit)
        )
        return [offer_of(row) for row in await self._database.fetch(statement)]

    async def requests(
        self, partner: AgencyId, stages: Collection[Stage], after: str, limit: int, offer: str = ""
    ) -> Sequence[Wanted]:
        """Give a page of what was promised of a partner's offers, or of one, the oldest first."""
        statement = (
            select(allocations, offers.c.content)
            .join(offers, offers.c.id == allocations.c.offer_id)
            .where(
                allocations.c.partner == partner,
                allocations.c.state.in_(set(stages) - {Stage.HELD}),
                allocations.c.id > after,
            )
            .order_by(allocations.c.id)
            .limit(limit)
        )
        if offer:
            statement = statement.where(allocations.c.offer_id == offer)
        return [_wanted(row) for row in await self._database.fetch(statement)]


def _wanted(row: Row[Any]) -> Wanted:
    content = orjson.loads(row.content)
    return Wanted(allocation_of(row), content["title"], content["unit"])
