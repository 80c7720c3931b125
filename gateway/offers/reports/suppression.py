"""Which cells of a table are left out, so that what is left does not give them away.

Primary: cells with too few people behind them. Complementary: further cells, because a line whose
total is known gives its one missing cell away. The method is the hypercube (SDC handbook, chapter 5):
a cell is hidden together with three others that form a rectangle with it; whoever knows all other
cells can move some amount around that rectangle and every total still holds, so nobody can tell which
amount is the true one. The width of that doubt is computed, not hoped for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import inf

from contracts.vocabulary import ObminError
from gateway.offers.reports.table import Place, Table


class TooFewPeopleError(ObminError):
    """There is no way to hide the small cells of this table: it is not given at all."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Four cells that can hide each other. What is added to `up` is taken from `down` or the reverse.

    `width` is how far the amount in each of the four can be moved while no cell becomes negative.
    """

    up: tuple[Place, ...]
    down: tuple[Place, ...]
    width: float

    @property
    def places(self) -> frozenset[Place]:
        """All four."""
        return frozenset((*self.up, *self.down))


def suppress(
    table: Table,
    threshold: int,
    *,
    special: bool = False,
    told: Collection[Place] = (),
    hidden_before: Collection[Place] = (),
) -> frozenset[Place]:
    """Give the cells to leave out. Every one of them is in doubt by `threshold` deliveries at least.

    A cell is small with one person behind it or more, but fewer than `threshold`. Where `special`
    (health, violence, disability), a row whose people all share one column is hidden too: its total
    would tell something about each of them. A cell that another table has `told` hides nobody; one that
    another has hidden stays hidden, or the two together would tell it.

    Raises:
        TooFewPeopleError: the whole table has too few people, or no rectangle hides a cell.
    """
    if 0 < table.cells[table.grand_total].people < threshold:
        raise TooFewPeopleError
    hidden: set[Place] = {place for place in table.places if _is_small(table, place, threshold)}
    hidden |= set(hidden_before)
    if special:
        hidden |= set(_shared_by_all(table))
    in_doubt: set[Place] = set()
    for place in sorted(hidden, key=lambda place: (table.is_total(place), place)):
        if place in in_doubt:
            continue
        best = min(
            (
                each
                for each in _rectangles(table, place)
                if each.width >= threshold and each.places.isdisjoint(told)
            ),
            key=lambda each: _loss(table, each, hidden),
            default=None,
        )
        if best is None:
            raise TooFewPeopleError
        hidden |= best.places
        in_doubt |= best.places
    return frozenset(hidden)


def _is_small(table: Table, place: Place, threshold: int) -> bool:
    return 0 < table.cells[place].people < threshold


def _shared_by_all(table: Table) -> Iterator[Place]:
    """Name the cells that hold everybody of their row."""
    for row in range(len(table.rows)):
        filled = [column for column in range(len(table.columns)) if table.cells[row, column].people]
        if len(filled) == 1 and len(table.columns) > 1:
            yield row, filled[0]


def _rectangles(table: Table, place: Place) -> Iterator[Rectangle]:
    """Give every rectangle with this cell in a corner; a total moves as what it is the sum of."""
    row, column = place
    total_row, total_column = table.grand_total
    for other_row in range(total_row + 1):
        if other_row == row:
            continue
        flips_down = total_row not in {row, other_row}
        for other_column in range(total_column + 1):
            if other_column == column:
                continue
            flips_across = total_column not in {column, other_column}
            corners = (
                (place, False),
                ((row, other_column), flips_across),
                ((other_row, column), flips_down),
                ((other_row, other_column), flips_across != flips_down),
            )
            yield _rectangle(table, corners)


def _rectangle(table: Table, corners: tuple[tuple[Place, bool], ...]) -> Rectangle:
    up = tuple(place for place, flips in corners if not flips)
    down = tuple(place for place, flips in corners if flips)
    room = [min((table.cells[place].deliveries for place in side), default=inf) for side in (up, down)]
    return Rectangle(up, down, sum(room))


def _loss(table: Table, rectangle: Rectangle, hidden: set[Place]) -> tuple[int, int, tuple[Place, ...]]:
    """Weigh what is lost by hiding these cells: totals first, then deliveries; the last makes it one way."""
    lost = rectangle.places - hidden
    totals = sum(table.is_total(place) for place in lost)
    return totals, sum(table.cells[place].deliveries for place in lost), tuple(sorted(rectangle.places))
