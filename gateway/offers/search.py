"""Which offers fit a need: each match with its reasons, each near miss with what stands in its way.

Nothing is scored. Offers stand by how near they are; who gets what is decided by people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import and_, func, or_, select

from gateway.offers.areas import Area, level_of, within
from gateway.offers.offer import Criteria, Offer, State
from gateway.offers.rows import offer_of
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import Database
from gateway.storage.offer_tables import offer_areas, offers


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, and for whom. What is None or empty is not known or does not matter.

    `area` is where the person is; `age` in whole years; `household` counts people, `youngest` is the
    age of the youngest child in it.
    """

    category: str
    area: Area
    quantity: int = 1
    factors: frozenset[str] = frozenset()
    sex: str = ""
    age: int | None = None
    household: int | None = None
    youngest: int | None = None
    language: str = ""
    accessible: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One offer beside a need. `near` is the narrowest area that both share; no `against` is a match."""

    offer: Offer
    near: Area
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    unconfirmed: bool


UNCONFIRMED_AFTER = timedelta(days=30)
"""An offer that its partner has not confirmed for this long stands behind the others."""

CANDIDATES = 4
"""How many offers are weighed for each that is shown."""

Rule = Callable[[Criteria, Wanted], bool | None]
"""Says whether a need meets a criterion; None where the offer does not ask for it."""


def _factor(criteria: Criteria, wanted: Wanted) -> bool | None:
    return bool(criteria.factors & wanted.factors) if criteria.factors else None


def _sex(criteria: Criteria, wanted: Wanted) -> bool | None:
    return criteria.sex == wanted.sex if criteria.sex else None


def _age(criteria: Criteria, wanted: Wanted) -> bool | None:
    if criteria.age_from is None and criteria.age_to is None:
        return None
    least, most = criteria.age_from or 0, criteria.age_to
    return wanted.age is not None and least <= wanted.age and (most is None or wanted.age <= most)


def _household(criteria: Criteria, wanted: Wanted) -> bool | None:
    if criteria.household_from is None:
        return None
    return wanted.household is not None and wanted.household >= criteria.household_from


def _children(criteria: Criteria, wanted: Wanted) -> bool | None:
    if criteria.children_under is None:
        return None
    return wanted.youngest is not None and wanted.youngest < criteria.children_under


RULES: Mapping[str, Rule] = MappingProxyType(
    {"factor": _factor, "sex": _sex, "age": _age, "household": _household, "children": _children}
)


def weigh(offer: Offer, wanted: Wanted, at: datetime, areas: tuple[Area, ...]) -> Found:
    """Hold one offer beside a need. `areas` are those that the person is in, the narrowest first.

    An unknown fact meets no criterion: the offer is then a near miss, and a person can ask.
    """
    shared = [area for area in areas if area in offer.areas]
    verdicts = {name: rule(offer.criteria, wanted) for name, rule in RULES.items()}
    verdicts["area"] = bool(shared)
    verdicts["quantity"] = offer.available >= wanted.quantity
    if wanted.language:
        spoken = offer.content.get("languages")
        verdicts["language"] = wanted.language in (spoken if isinstance(spoken, list) else ())
    if wanted.accessible:
        verdicts["accessible"] = offer.content.get("accessible") is True
    return Found(
        offer,
        shared[0] if shared else _meeting(offer, areas),
        tuple(sorted(name for name, met in verdicts.items() if met)),
        tuple(sorted(name for name, met in verdicts.items() if met is False)),
        at - offer.confirmed_at > UNCONFIRMED_AFTER,
    )


def _meeting(offer: Offer, areas: tuple[Area, ...]) -> Area:
    """Give the narrowest area of the person's in which the offer lies somewhere."""
    return next((area for area in areas if any(each.startswith(area) for each in offer.areas)), areas[-1])


async def search(
    database: Database, wanted: Wanted, taxonomy: Taxonomy, at: datetime, limit: int = 50
) -> Sequence[Found]:
    """Find published offers of a category for a person's area: matches first, nearest first.

    Near misses are those of her area whose criteria she does not meet, and those elsewhere in her
    hromada or raion. At most `limit` offers are given; a confirmed one stands before an unconfirmed.
    """
    areas = within(wanted.area, taxonomy.areas)
    rows = await database.fetch(_query(wanted, areas, taxonomy, at, limit))
    return sorted((weigh(offer_of(row), wanted, at, areas) for row in rows), key=_order)[:limit]


def _order(found: Found) -> tuple[int, int, bool, str]:
    return len(found.against), -len(found.near), found.unconfirmed, found.offer.id


def _query(wanted: Wanted, areas: tuple[Area, ...], taxonomy: Taxonomy, at: datetime, limit: int) -> Any:
    """Take candidates by index alone: offers for an area that she is in, and those near her."""
    near = [area for area in areas if level_of(area, taxonomy.areas).near]
    here = and_(offer_areas.c.area.in_(areas), offer_areas.c.beside.is_(False))
    ids = (
        select(offer_areas.c.offer_id, func.max(func.length(offer_areas.c.area)).label("depth"))
        .where(offer_areas.c.category == wanted.category, or_(here, offer_areas.c.area.in_(near)))
        .group_by(offer_areas.c.offer_id)
        .subquery()
    )
    today = at.date().isoformat()
    return (
        select(offers)
        .join(ids, ids.c.offer_id == offers.c.id)
        .where(offers.c.state == State.PUBLISHED, offers.c.valid_from <= today, offers.c.valid_until >= today)
        .order_by(ids.c.depth.desc(), offers.c.confirmed_at.desc(), offers.c.id)
        .limit(limit * CANDIDATES)
    )
