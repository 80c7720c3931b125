"""An offer: what a partner can give, to whom, where and until when; and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from contracts.vocabulary import AgencyId
from gateway.faults import ConflictError
from gateway.offers.areas import Area


class State(StrEnum):
    """Where an offer stands in its life. `incoming` is a row of an upload that is not whole yet."""

    INCOMING = "incoming"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    PUBLISHED = "published"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


NEXT: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
        State.SUBMITTED: frozenset({State.VERIFIED, State.DRAFT, State.WITHDRAWN}),
        State.VERIFIED: frozenset({State.PUBLISHED, State.WITHDRAWN, State.EXPIRED}),
        State.PUBLISHED: frozenset({State.EXHAUSTED, State.EXPIRED, State.WITHDRAWN}),
        State.EXHAUSTED: frozenset({State.PUBLISHED, State.EXPIRED, State.WITHDRAWN}),
        State.EXPIRED: frozenset(),
        State.WITHDRAWN: frozenset(),
    }
)
"""Which state may follow which. What has ended stays ended: the partner submits a new offer."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Whom an offer is for. Empty and None mean anybody; ages are whole years, both inclusive.

    `factors` are of Law 2671-VIII art. 1(15), any of which suffices; `children_under` wants a child
    younger than that in the household.
    """

    factors: frozenset[str] = frozenset()
    sex: str = ""
    age_from: int | None = None
    age_to: int | None = None
    household_from: int | None = None
    children_under: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer as it stands. `content` is all that the partner wrote, by the form's names."""

    id: str
    partner: AgencyId
    external_id: str
    state: State
    kind: str
    category: str
    content: Mapping[str, object]
    areas: frozenset[Area]
    criteria: Criteria
    total: int
    reserved: int
    delivered: int
    valid_from: date
    valid_until: date
    confirmed_at: datetime
    version: int

    @property
    def available(self) -> int:
        """How much nobody has been promised yet."""
        return self.total - self.reserved - self.delivered


def advance(offer: Offer, to: State) -> State:
    """Give the next state, or raise `ConflictError` where it may not follow."""
    if to not in NEXT[offer.state]:
        raise ConflictError(f"offer-is-{offer.state}")
    return to
