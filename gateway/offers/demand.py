"""What was looked for and not found, by area and category: partners see what is missing, and of nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.offers.areas import Area
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import Database, now
from gateway.storage.offer_tables import unmet_needs

SHOWN_FROM = 10
"""A demand is shown where it came up this often: fewer people, or one who came often, stay unseen."""
PERIOD = timedelta(days=91)


@dataclass(frozen=True, slots=True)
class Demand:
    """How often a category was wanted in an oblast over the last quarter and nothing could be given."""

    area: Area
    category: str
    reason: str
    count: int


async def note_unmet(database: Database, taxonomy: Taxonomy, area: Area, category: str, reason: str) -> None:
    """Count one search that found nothing, or one promise that the partner turned down."""
    coarse = Area(area[: next(level.digits for level in taxonomy.areas if level.special)])
    make = postgresql.insert if database.dialect.name == "postgresql" else sqlite.insert
    row = make(unmet_needs).values(
        day=now().date().isoformat(), area=coarse, category=category, reason=reason, count=1
    )
    await database.write(
        row.on_conflict_do_update(
            index_elements=["day", "area", "category", "reason"], set_={"count": unmet_needs.c.count + 1}
        )
    )


async def demand(database: Database, taxonomy: Taxonomy, today: date) -> Sequence[Demand]:
    """Give what was missing in the quarter that ended yesterday, by oblast, the most wanted first."""
    oblast = func.substr(unmet_needs.c.area, 1, taxonomy.areas[1].digits)
    total = func.sum(unmet_needs.c.count)
    statement = (
        select(oblast, unmet_needs.c.category, unmet_needs.c.reason, total)
        .where(unmet_needs.c.day >= (today - PERIOD).isoformat(), unmet_needs.c.day < today.isoformat())
        .group_by(oblast, unmet_needs.c.category, unmet_needs.c.reason)
        .having(total >= SHOWN_FROM)
        .order_by(total.desc(), oblast)
    )
    return [
        Demand(Area(area), category, reason, int(count))
        for area, category, reason, count in map(tuple, await database.fetch(statement))
    ]
