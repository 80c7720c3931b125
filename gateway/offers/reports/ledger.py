"""What has been told already: a table that would betray somebody together with an earlier one is refused.

Each figure is about a box: an area, days, and a value or none for each other dimension. Where one box
lies in another, their difference is about those in between; a few people in between are as good as told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from contracts.vocabulary import ObminError
from gateway.offers.areas import Area

Key = tuple[str, ...]
"""A value for each of `DIMENSIONS`; empty where the box is about all of them."""

DIMENSIONS = ("offer", "kind", "category", "cluster", "factor", "age_band", "sex", "outcome")
"""What a box can be narrowed by, beside area and days."""


@dataclass(frozen=True, slots=True)
class Box:
    """Whom a figure is about."""

    key: Key
    area: Area
    first: date
    last: date

    def holds(self, other: Box) -> bool:
        """Say whether everybody in the other box is in this one."""
        return (
            all(not mine or mine == theirs for mine, theirs in zip(self.key, other.key, strict=True))
            and other.area.startswith(self.area)
            and self.first <= other.first
            and other.last <= self.last
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell of a table: its box, the true number of deliveries, and whether a figure was told of it."""

    box: Box
    deliveries: int
    told: bool


class DifferenceError(ObminError):
    """Together with `release` the table would tell of fewer people than the threshold."""

    def __init__(self, release: str) -> None:
        super().__init__("difference")
        self.code = "difference"
        self.release = release


class Ledger:
    """The figures that one reader has been told, found by the boxes they lie in."""

    def __init__(self) -> None:
        self.releases: set[str] = set()
        self._told: dict[Box, bool] = {}
        self._exact: dict[Key, list[tuple[str, Figure]]] = defaultdict(list)
        self._within: dict[Key, list[tuple[str, Figure]]] = defaultdict(list)

    def add(self, release: str, figures: Iterable[Figure]) -> None:
        """Note a table that was told."""
        self.releases.add(release)
        for figure in figures:
            self._told[figure.box] = figure.told
            if figure.told:
                self._exact[figure.box.key].append((release, figure))
                for wider in _wider(figure.box.key):
                    self._within[wider].append((release, figure))

    def told(self, box: Box) -> bool | None:
        """Say whether a figure about this box was told or left out; None where no table had it."""
        return self._told.get(box)

    def admit(self, figures: Iterable[Figure], threshold: int) -> None:
        """Compare a new table's figures with all earlier ones.

        Raises:
            DifferenceError: one lies in another, and fewer than `threshold` deliveries lie between them.
        """
        for figure in (each for each in figures if each.told):
            for release, earlier in self._comparable(figure):
                between = abs(figure.deliveries - earlier.deliveries)
                nested = figure.box.holds(earlier.box) or earlier.box.holds(figure.box)
                if nested and figure.box != earlier.box and 0 < between < threshold:
                    raise DifferenceError(release)

    def _comparable(self, figure: Figure) -> Iterator[tuple[str, Figure]]:
        yield from self._within.get(figure.box.key, ())
        for wider in _wider(figure.box.key):
            yield from self._exact.get(wider, ())


def _wider(key: Key) -> Iterator[Key]:
    """Give every key that a box of this key may lie in: each value as it is, or left open."""
    yield from product(*(((value, "") if value else ("",)) for value in key))
