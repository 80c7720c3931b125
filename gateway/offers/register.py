"""The register of people and families who used additional resources: does this family have this help already?

Kept on the state's side under pseudonyms. What it finds is told to the case worker, never to a donor.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import orjson
from sqlalchemy import case as choose
from sqlalchemy import func, insert, or_, select, union
from sqlalchemy.exc import IntegrityError

from contracts.vocabulary import AgencyId, SubjectRef, Value
from gateway.offers.allocation import Stage
from gateway.storage.engine import Database, micros
from gateway.storage.offer_tables import allocations, households, kin, offers

RECENT = timedelta(days=90)
"""Help of one category within this time is the same help."""
YEAR = timedelta(days=365)
COUNTS = (Stage.HELD, Stage.CONFIRMED, Stage.ACCEPTED, Stage.DELIVERED)


@dataclass(frozen=True, slots=True)
class SameHelp:
    """Help that the person or her family has been promised or given. `own` is false for the family's."""

    category: str
    partner: AgencyId
    stage: Stage
    on: date
    own: bool


@dataclass(frozen=True, slots=True)
class Given:
    """Help that a person was given, as the social history tells it."""

    kind: str
    category: str
    quantity: int
    unit: str
    given_on: date

    def value(self) -> Mapping[str, Value]:
        """Write it as the source's field has it."""
        return {
            "kind": self.kind,
            "category": self.category,
            "quantity": self.quantity,
            "unit": self.unit,
            "given_on": self.given_on,
        }


@dataclass(frozen=True, slots=True)
class Trust:
    """How a partner has kept its word: promises that were due, and how many of them were broken.

    Broken is what was due and not delivered, or turned down after it had been accepted.
    """

    due: int
    broken: int


class Register:
    """Finds what a household has had, and how partners have kept their word."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def join(self, person: SubjectRef, family: Collection[SubjectRef]) -> None:
        """Note who lives with whom, as civil status and social register said; both ways, once."""
        pairs = {(person, other) for other in family if other != person}
        for one, other in sorted(pairs | {(other, one) for one, other in pairs}):
            try:
                await self._database.write(insert(households), subject_ref=one, other_ref=other)
            except IntegrityError:
                continue  # on file already

    async def relate(self, person: SubjectRef, own: bytes | None, family: Collection[bytes]) -> None:
        """Note by blind indexes how a history names the person and her family, as civil status said; once."""
        known = {(blind, False) for blind in family} | ({(own, True)} if own else set())
        for blind, herself in sorted(known):
            try:
                await self._database.write(insert(kin), subject_ref=person, blind=blind, own=herself)
            except IntegrityError:
                continue  # on file already

    async def given(self, person: SubjectRef) -> Sequence[Given]:
        """Give what partners delivered to a person, the earliest first."""
        statement = (
            select(allocations, offers.c.content)
            .join(offers, offers.c.id == allocations.c.offer_id)
            .where(allocations.c.subject_ref == person, allocations.c.state == Stage.DELIVERED)
            .order_by(allocations.c.counted_on, allocations.c.id)
        )
        return [
            Given(
                row.kind,
                row.category,
                row.quantity,
                orjson.loads(row.content)["unit"],
                date.fromisoformat(row.counted_on),
            )
            for row in await self._database.fetch(statement)
        ]

    async def trust(self, partners: Collection[AgencyId], at: datetime) -> Mapping[AgencyId, Trust]:
        """Look a year back at the promises of partners; one without any that was due is not named."""
        kept = allocations.c.state == Stage.DELIVERED
        late = allocations.c.state.in_((Stage.CONFIRMED, Stage.ACCEPTED)) & (
            allocations.c.due_at < micros(at)
        )
        turned_down = (allocations.c.state == Stage.REJECTED) & allocations.c.accepted
        broken = func.sum(choose((or_(late, turned_down), 1), else_=0))
        statement = (
            select(allocations.c.partner, func.count(), broken)
            .where(
                allocations.c.partner.in_(partners),
                allocations.c.promised_at >= micros(at - YEAR),
                or_(kept, late, turned_down),
            )
            .group_by(allocations.c.partner)
        )
        rows = await self._database.fetch(statement)
        return {AgencyId(partner): Trust(due, int(wrong)) for partner, due, wrong in map(tuple, rows)}

    async def same_help(self, person: SubjectRef, category: str, today: date) -> Sequence[SameHelp]:
        """Give recent help of this category to the person or anybody of her household, the latest first."""
        mine, theirs = kin.alias(), kin.alias()
        family = union(
            select(households.c.other_ref).where(households.c.subject_ref == person),
            # One of mine is how she is named, or I am one of hers.
            select(theirs.c.subject_ref)
            .join(mine, mine.c.blind == theirs.c.blind)
            .where(mine.c.subject_ref == person, mine.c.own != theirs.c.own),
        )
        statement = (
            select(allocations)
            .where(
                or_(allocations.c.subject_ref == person, allocations.c.subject_ref.in_(family)),
                allocations.c.category == category,
                allocations.c.state.in_(COUNTS),
                allocations.c.counted_on >= (today - RECENT).isoformat(),
            )
            .order_by(allocations.c.counted_on.desc(), allocations.c.id)
        )
        return [
            SameHelp(
                row.category,
                AgencyId(row.partner),
                Stage(row.state),
                date.fromisoformat(row.counted_on),
                row.subject_ref == person,
            )
            for row in await self._database.fetch(statement)
        ]
