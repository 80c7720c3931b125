"""Holds, promises and deliveries: what is reserved and delivered never exceeds what there is.

The amount is taken in the transaction of the entry that tells of it, by one statement that the schema
refuses where nothing is left: no process, crash or race can promise a thing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    String,
    bindparam,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy import case as choose

from audit.event import new_id
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.vocabulary import AgencyId
from gateway.faults import ConflictError, NotFoundError
from gateway.offers.allocation import (
    COUNTED,
    NEXT,
    TAKES,
    Allocation,
    Beneficiary,
    Need,
    Stage,
    allocation_of,
    columns_of,
    event_of,
)
from gateway.offers.offer import Offer, State
from gateway.offers.reports.perturbation import person_key
from gateway.offers.room import Room
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.offer_tables import allocations, offers


class Capacity:
    """Takes from offers and gives back.

    `secret` is what people's keys are made with; `hold_for` is how long a hold stands unconfirmed.
    """

    def __init__(
        self, database: Database, log: Log, secret: bytes, hold_for: timedelta = timedelta(minutes=30)
    ) -> None:
        self._database = database
        self._log = log
        self._secret = secret
        self._hold_for = hold_for
        self._room = Room(self._left)
        self._insert = Prepared(insert(allocations), database.dialect)
        self._take = Prepared(_take(), database.dialect)
        self._shift = Prepared(_shift(), database.dialect)
        self._step = Prepared(_step(), database.dialect)

    async def hold(
        self,
        offer: Offer,
        whom: Beneficiary,
        need: Need,
        quantity: int,
    ) -> Allocation:
        """Reserve some of an offer for a person of an open case, until it is confirmed or time is up.

        Raises:
            ConflictError: the offer is not published or not valid now, or less than that is left.
        """
        async with self._room.taking(offer.id, quantity):
            return await self._hold(offer, whom, need, quantity)

    async def _left(self, offer_id: str) -> int:
        """Say how much of an offer is left, once holds whose time is up are ended."""
        statement = select(offers.c.total - offers.c.reserved - offers.c.delivered).where(
            offers.c.id == offer_id
        )
        left = int((await self._database.fetch(statement))[0][0])
        if left <= 0 and await self._expire_overdue(offer_id):
            left = int((await self._database.fetch(statement))[0][0])
        return left

    async def _hold(self, offer: Offer, whom: Beneficiary, need: Need, quantity: int) -> Allocation:
        at = now()
        held = Allocation(
            id=new_id(),
            offer_id=offer.id,
            agency=whom.agency,
            official=whom.official,
            case=whom.case,
            subject_ref=whom.subject_ref,
            stage=Stage.HELD,
            quantity=quantity,
            expires_at=at + self._hold_for,
            promised_at=None,
            due_at=None,
            counted_on=at.date(),
            need=need,
        )
        taken = self._take.bind(of=offer.id, amount=quantity, today=at.date().isoformat())
        try:
            row = self._insert.bind(**columns_of(held, offer, person_key(self._secret, whom.subject_ref)))
            await self._log.note(event_of(held, whom.agency), [taken, row])
        except CompanionRefusedError:
            raise ConflictError("nothing-left") from None
        return held

    async def step(self, allocation: Allocation, to: Stage, by: AgencyId, reason: str = "") -> Allocation:
        """Take a promise to its next stage; what is freed is there for others at once.

        Raises:
            ConflictError: that stage may not follow, time is up, or somebody was faster.
        """
        at = now()
        if to not in NEXT.get(allocation.stage, frozenset()):
            raise ConflictError(f"allocation-is-{allocation.stage}")
        if to is Stage.CONFIRMED and at >= allocation.expires_at:
            await self._expire_overdue(allocation.offer_id)
            raise ConflictError("hold-expired")
        promised = to is Stage.CONFIRMED
        new = replace(
            allocation,
            stage=to,
            promised_at=at if promised else allocation.promised_at,
            due_at=at + await self._lead_time(allocation.offer_id) if promised else allocation.due_at,
            counted_on=at.date() if to in COUNTED else allocation.counted_on,
        )
        try:
            await self._log.note(event_of(new, by, reason), self._moved(allocation, new))
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return new

    async def _lead_time(self, offer_id: str) -> timedelta:
        rows = await self._database.fetch(select(offers.c.content).where(offers.c.id == offer_id))
        return timedelta(days=orjson.loads(rows[0].content)["lead_days"])

    def _moved(self, was: Allocation, new: Allocation) -> list[Statement]:
        row = self._step.bind(
            of=was.id,
            was=was.stage.value,
            becomes=new.stage.value,
            promised=micros(new.promised_at) if new.promised_at else None,
            due=micros(new.due_at) if new.due_at else None,
            taken_on=new.stage is Stage.ACCEPTED,
            counted=new.counted_on.isoformat(),
        )
        (reserved, delivered), (reserves, delivers) = TAKES[was.stage], TAKES[new.stage]
        more, given = reserves - reserved, delivers - delivered
        if not (more or given):
            return [row]
        shift = self._shift.bind(of=was.offer_id, more=more * was.quantity, given=given * was.quantity)
        return [row, shift]

    async def get(self, allocation_id: str) -> Allocation:
        """Read one promise; who may see it is the edge's rule.

        Raises:
            NotFoundError: there is none of that id.
        """
        rows = await self._database.fetch(select(allocations).where(allocations.c.id == allocation_id))
        if not rows:
            raise NotFoundError
        return allocation_of(rows[0])

    async def of(self, offer_id: str, after: str, limit: int) -> Sequence[Allocation]:
        """List the promises made of an offer, in the order in which they were made."""
        statement = (
            select(allocations)
            .where(allocations.c.offer_id == offer_id, allocations.c.id > after)
            .order_by(allocations.c.id)
            .limit(limit)
        )
        return [allocation_of(row) for row in await self._database.fetch(statement)]

    async def expire(self, limit: int = 500) -> int:
        """End the holds whose time is up, whichever offer they are of; give how many."""
        return await self._expire(allocations.c.expires_at <= micros(now()), limit=limit)

    async def _expire_overdue(self, offer_id: str) -> int:
        mine = allocations.c.offer_id == offer_id
        return await self._expire(mine, allocations.c.expires_at <= micros(now()), limit=100)

    async def _expire(self, *conditions: ColumnElement[bool], limit: int) -> int:
        statement = select(allocations).where(allocations.c.state == Stage.HELD, *conditions).limit(limit)
        count = 0
        for row in await self._database.fetch(statement):
            held = allocation_of(row)
            ended = replace(held, stage=Stage.EXPIRED)
            try:
                await self._log.note(event_of(ended, held.agency), self._moved(held, ended))
            except CompanionRefusedError:
                continue  # another process has ended or confirmed it
            count += 1
        return count


def _take() -> Any:
    """Reserve an amount. Where the offer cannot give it this writes null, which the schema refuses."""
    after = offers.c.reserved + bindparam("amount", type_=Integer)
    today = bindparam("today", type_=String)
    can = (
        (offers.c.state == literal(State.PUBLISHED.value))
        & (offers.c.valid_from <= today)
        & (offers.c.valid_until >= today)
        & (after + offers.c.delivered <= offers.c.total)
    )
    full = after + offers.c.delivered == offers.c.total
    return (
        update(offers)
        .where(offers.c.id == bindparam("of"))
        .values(
            reserved=choose((can, after), else_=null()),
            state=choose((full, literal(State.EXHAUSTED.value)), else_=offers.c.state),
        )
    )


def _shift() -> Any:
    """Move an amount between reserved and delivered, or back; an offer with something left is open again."""
    reserved = offers.c.reserved + bindparam("more", type_=Integer)
    delivered = offers.c.delivered + bindparam("given", type_=Integer)
    open_again = (offers.c.state == literal(State.EXHAUSTED.value)) & (reserved + delivered < offers.c.total)
    return (
        update(offers)
        .where(offers.c.id == bindparam("of"))
        .values(
            reserved=reserved,
            delivered=delivered,
            state=choose((open_again, literal(State.PUBLISHED.value)), else_=offers.c.state),
        )
    )


def _step() -> Any:
    """Change the stage of a promise, or write null over it where it stands elsewhere by now: refused."""
    becomes = bindparam("becomes", type_=String)
    return (
        update(allocations)
        .where(allocations.c.id == bindparam("of"))
        .values(
            state=choose((allocations.c.state == bindparam("was"), becomes), else_=null()),
            promised_at=bindparam("promised"),
            due_at=bindparam("due"),
            accepted=or_(allocations.c.accepted, bindparam("taken_on", type_=Boolean)),
            counted_on=bindparam("counted"),
        )
    )
