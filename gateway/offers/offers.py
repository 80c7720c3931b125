"""Offers on file: submitted once, changed under a version, published when they are sound.

Every change is an entry of the record, committed with the row it tells of. A row is changed only from
the version that was read: a change that would undo somebody's takes its entry with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import ColumnElement, Integer, bindparam, delete, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.vocabulary import AgencyId, ObminError
from gateway.faults import ConflictError, NotFoundError, PreconditionError
from gateway.offers.areas import within
from gateway.offers.form import OfferBody
from gateway.offers.offer import Offer, State, advance
from gateway.offers.rows import columns_of, digest_of, drafted, event_of, offer_of
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.offer_tables import offer_areas, offers

CHANGING = frozenset({State.DRAFT, State.SUBMITTED, State.VERIFIED, State.PUBLISHED, State.EXHAUSTED})
"""The states in which a partner may change what an offer says; a larger total publishes it anew."""


class OfferKnownError(ObminError):
    """The partner has submitted this very offer before. `offer` is what became of it."""

    def __init__(self, offer: Offer) -> None:
        super().__init__("known")
        self.offer = offer


class Offers:
    """Keeps what partners offer. Whose offer may be touched by whom is decided here, by the partner's id."""

    def __init__(self, database: Database, log: Log, taxonomy: Taxonomy) -> None:
        self._database = database
        self._log = log
        self._taxonomy = taxonomy
        dialect = database.dialect
        self._insert = Prepared(insert(offers), dialect)
        self._area = Prepared(insert(offer_areas), dialect)
        self._no_areas = Prepared(
            delete(offer_areas).where(offer_areas.c.offer_id == bindparam("of")), dialect
        )
        self._update = Prepared(_change(), dialect)

    async def submit(self, partner: AgencyId, body: OfferBody) -> Offer:
        """Put a checked form on file as a draft.

        Raises:
            OfferKnownError: the same form came before; it is not taken twice.
            ConflictError: the partner's `external_id` belongs to another form.
        """
        digest = digest_of(body)
        await self._refuse_known(partner, body, digest)
        offer = drafted(partner, body, self._taxonomy)
        rows = [self._insert.bind(**columns_of(offer, digest)), *self._placed(offer)]
        try:
            await self._log.note(event_of(offer, partner, "drafted"), rows)
        except CompanionRefusedError:  # somebody submitted the same external id in between
            await self._refuse_known(partner, body, digest)
            raise ConflictError("changed-meanwhile") from None
        return offer

    async def put_aside(self, partner: AgencyId, import_id: str, bodies: Sequence[OfferBody]) -> None:
        """Put checked forms of an upload on file where nobody sees them yet, in one step.

        Raises:
            CompanionRefusedError: one of the external ids is taken; none was put aside.
        """
        rows = []
        for body in bodies:
            offer = replace(drafted(partner, body, self._taxonomy), state=State.INCOMING)
            rows += [self._insert.bind(**columns_of(offer, digest_of(body), import_id)), *self._placed(offer)]
        details: dict[str, Json] = {"import": import_id, "count": len(bodies)}
        event = Event(kind=Kind.OFFER, at=now(), agency=partner, result="incoming", details=details)
        await self._log.note(event, rows)

    async def _refuse_known(self, partner: AgencyId, body: OfferBody, digest: str) -> None:
        known = await self._database.fetch(
            select(offers).where(offers.c.partner == partner, offers.c.external_id == body.external_id)
        )
        if known and known[0].digest != digest:
            raise ConflictError("external-id-of-another-offer")
        if known:
            raise OfferKnownError(offer_of(known[0]))

    async def get(self, offer_id: str, partner: AgencyId | None = None) -> Offer:
        """Read one offer; only the partner's own where `partner` is given.

        Raises:
            NotFoundError: unknown, or another partner's.
        """
        conditions = [offers.c.id == offer_id, offers.c.state != State.INCOMING]
        if partner:
            conditions.append(offers.c.partner == partner)
        rows = await self._database.fetch(select(offers).where(*conditions))
        if not rows:
            raise NotFoundError
        return offer_of(rows[0])

    async def of(self, partner: AgencyId, after: str, limit: int) -> Sequence[Offer]:
        """List a partner's offers in the order in which they came."""
        statement = (
            select(offers)
            .where(offers.c.partner == partner, offers.c.id > after, offers.c.state != State.INCOMING)
            .order_by(offers.c.id)
            .limit(limit)
        )
        return [offer_of(row) for row in await self._database.fetch(statement)]

    async def rewrite(self, offer: Offer, body: OfferBody, if_match: int | Literal["*"] | None) -> Offer:
        """Change what an offer says. What is promised already stays promised.

        Raises:
            PreconditionError: `if_match` is not the current version.
            ConflictError: the offer has ended, the new total is below what is promised, or another id.
        """
        if if_match not in {None, "*", offer.version}:
            raise PreconditionError
        if offer.state not in CHANGING:
            raise ConflictError(f"offer-is-{offer.state}")
        if body.external_id != offer.external_id:
            raise ConflictError("external-id-of-another-offer")
        if body.quantity < offer.reserved + offer.delivered:
            raise ConflictError("less-than-promised")
        draft = drafted(offer.partner, body, self._taxonomy)
        state = (
            State.PUBLISHED if offer.state is State.EXHAUSTED and body.quantity > offer.total else offer.state
        )
        new = replace(
            draft,
            id=offer.id,
            state=state,
            reserved=offer.reserved,
            delivered=offer.delivered,
            confirmed_at=now(),
        )
        moved = [self._no_areas.bind(of=offer.id), *self._placed(new)]
        return await self._write(offer, new, offer.partner, "changed", moved)

    async def move(self, offer: Offer, to: State, by: AgencyId, reason: str = "") -> Offer:
        """Take an offer to its next state.

        Raises:
            ConflictError: that state may not follow, or somebody was faster.
        """
        return await self._write(offer, replace(offer, state=advance(offer, to)), by, to.value, reason=reason)

    async def publish(self, offer: Offer, by: AgencyId) -> Offer:
        """Take a draft all the way: submitted, verified, published, each an entry of its own."""
        path = {State.DRAFT: (State.SUBMITTED, State.VERIFIED), State.SUBMITTED: (State.VERIFIED,)}
        for state in (*path.get(offer.state, ()), State.PUBLISHED):
            offer = await self.move(offer, state, by)
        return offer

    async def confirm(self, offer: Offer) -> Offer:
        """Note that the partner says that the offer still holds."""
        if offer.state not in {State.PUBLISHED, State.EXHAUSTED}:
            raise ConflictError(f"offer-is-{offer.state}")
        return await self._write(offer, replace(offer, confirmed_at=now()), offer.partner, "confirmed")

    async def _write(
        self,
        was: Offer,
        new: Offer,
        by: AgencyId,
        result: str,
        companions: Sequence[Statement] = (),
        reason: str = "",
    ) -> Offer:
        new = replace(new, version=was.version + 1)
        row = self._update.bind(
            of=was.id,
            was=was.version,
            becomes=new.version,
            new_state=new.state.value,
            new_kind=new.kind,
            new_category=new.category,
            new_content=orjson.dumps(new.content).decode(),
            new_total=new.total,
            new_from=new.valid_from.isoformat(),
            new_until=new.valid_until.isoformat(),
            new_confirmed=micros(new.confirmed_at),
        )
        try:
            await self._log.note(event_of(new, by, result, reason), [row, *companions])
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return new

    def _placed(self, offer: Offer) -> list[Statement]:
        around = {wide for area in offer.areas for wide in within(area, self._taxonomy.areas)} - offer.areas
        places = [
            *((area, False) for area in sorted(offer.areas)),
            *((area, True) for area in sorted(around)),
        ]
        return [
            self._area.bind(area=area, category=offer.category, offer_id=offer.id, beside=beside)
            for area, beside in places
        ]

    async def stale(self, before: datetime, limit: int = 500) -> Sequence[Offer]:
        """Give published offers that no partner has confirmed since `before`, the oldest first."""
        return await self._where(
            offers.c.state == State.PUBLISHED, offers.c.confirmed_at < micros(before), limit=limit
        )

    async def outlived(self, today: date, limit: int = 500) -> Sequence[Offer]:
        """Give the offers whose last day is over and that nobody has ended."""
        ending = (State.VERIFIED, State.PUBLISHED, State.EXHAUSTED)
        return await self._where(
            offers.c.state.in_(ending), offers.c.valid_until < today.isoformat(), limit=limit
        )

    async def _where(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[Offer]:
        rows = await self._database.fetch(
            select(offers).where(*conditions).order_by(offers.c.confirmed_at).limit(limit)
        )
        return [offer_of(row) for row in rows]


def _change() -> Any:
    """Write a new version of an offer, or null over its version where another stands by now: refused."""
    version = choose((offers.c.version == bindparam("was"), bindparam("becomes", type_=Integer)))
    return (
        update(offers)
        .where(offers.c.id == bindparam("of"))
        .values(
            state=bindparam("new_state"),
            kind=bindparam("new_kind"),
            category=bindparam("new_category"),
            content=bindparam("new_content"),
            total=bindparam("new_total"),
            valid_from=bindparam("new_from"),
            valid_until=bindparam("new_until"),
            confirmed_at=bindparam("new_confirmed"),
            version=version,
        )
    )
