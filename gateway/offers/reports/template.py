"""What can be asked for: a fixed table, for a fixed area, for whole months that are over."""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from gateway.faults import BodyInvalidError
from gateway.offers.areas import Area, level_of
from gateway.offers.reports.perturbation import PLAIN, SPECIAL, Noise
from gateway.offers.taxonomy import Level, Taxonomy

FILE: Final = Path(__file__).with_name("templates.toml")
Dimension = Literal["area", "month", "kind", "category", "cluster", "factor", "age_band", "sex", "outcome"]
LENGTHS: Final = (1, 3, 12)
"""A month, a quarter, a year: of the calendar, so that no two periods differ by a little."""
SMALL, SMALLER = 5, 10
"""The least number of people behind a figure; the larger one where a dimension or an area is special."""


class Template(BaseModel):
    """One table that can be asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uk: str
    en: str
    rows: Dimension
    columns: Dimension
    special: bool = False


@cache
def load_templates() -> Mapping[str, Template]:
    """Read the templates that come with this package."""
    return TypeAdapter(dict[str, Template]).validate_python(tomllib.loads(FILE.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Cohort:
    """One table asked for: which template, about which area, from which day to which, of which offer.

    `first` and `last` are both inclusive. `offer` is empty for all offers of the reader.
    """

    template: str
    area: Area
    first: date
    last: date
    offer: str = ""

    def rows_level(self, taxonomy: Taxonomy) -> Level:
        """Say of which level its rows are, where they are areas: the next below the area asked about."""
        return next((level for level in taxonomy.areas if level.digits > len(self.area)), taxonomy.areas[-1])


@dataclass(frozen=True, slots=True)
class Rules:
    """How a table is protected: the least number of people, the noise, and whether it is special."""

    threshold: int
    noise: Noise
    special: bool


def rules_for(cohort: Cohort, taxonomy: Taxonomy) -> Rules:
    """Choose the protection of a table. A special area is as telling as a special dimension."""
    template = load_templates()[cohort.template]
    by_area = "area" in {template.rows, template.columns}
    level = cohort.rows_level(taxonomy) if by_area else level_of(cohort.area, taxonomy.areas)
    if template.special or level.special:
        return Rules(SMALLER, SPECIAL, template.special)
    return Rules(SMALL, PLAIN, template.special)


def cohort_of(template: str, area: Area, first: date, months: int, today: date, offer: str = "") -> Cohort:
    """Check what is asked for and give it.

    Raises:
        BodyInvalidError: no such template; not a calendar month, quarter or year; or not over yet.
    """
    if template not in load_templates():
        raise BodyInvalidError("not-as-described", [{"pointer": "/template", "code": "unknown-template"}])
    if months not in LENGTHS or first.day != 1 or (first.month - 1) % months:
        raise BodyInvalidError("not-as-described", [{"pointer": "/months", "code": "not-a-calendar-period"}])
    last_month = first.month + months - 1
    last = date(first.year, last_month, monthrange(first.year, last_month)[1])
    if last >= today:
        raise BodyInvalidError("not-as-described", [{"pointer": "/months", "code": "not-over-yet"}])
    return Cohort(template, area, first, last, offer)


def months_of(cohort: Cohort) -> list[str]:
    """Name the months of a cohort, `2026-01` and so on."""
    day, names = cohort.first, []
    while day <= cohort.last:
        names.append(f"{day:%Y-%m}")
        day = (day + timedelta(days=32)).replace(day=1)
    return names
