"""A table of counts before anything is hidden: rows, columns, and the totals of both.

The unit is the delivery, because deliveries add up; whether a cell is small is asked of the number
of people behind it, because it is people who are betrayed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NewType

Person = NewType("Person", int)
"""A person as a table needs her: the fixed 32-bit key of the cell-key method, nothing else.

Two people of one key are counted as one: a cell then looks smaller than it is, never larger.
"""

CELL_KEYS: Final = 2**32
"""Cell keys are added up modulo this."""

Place = tuple[int, int]
"""A cell by row and column. The index after the last row (column) is the row (column) of totals."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: deliveries, distinct people who got them, and the sum of all their keys.

    A delivery's key is its person's. In totals `people` may be less than the truth where it is beyond
    any threshold: `enough` below.
    """

    deliveries: int
    people: int
    key: int


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by place; a row's and a column's last is the total, so that every line adds up."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[Place, Cell]

    @property
    def places(self) -> Iterator[Place]:
        """Every cell, totals included, row by row."""
        return ((row, column) for row in range(len(self.rows) + 1) for column in range(len(self.columns) + 1))

    @property
    def grand_total(self) -> Place:
        """Where all deliveries are counted."""
        return len(self.rows), len(self.columns)

    def is_total(self, place: Place) -> bool:
        """Say whether a cell is the sum of others."""
        row, column = place
        return row == len(self.rows) or column == len(self.columns)


Parts = Mapping[tuple[str, str], Cell]
"""The cells that are not empty, by the names of row and column."""
People = Callable[[Collection[tuple[str, str]]], int]
"""Counts the distinct people of some cells together."""


def tabulate(parts: Parts, rows: Sequence[str], columns: Sequence[str], people: People, enough: int) -> Table:
    """Arrange counted cells into a table with all its totals, whether anything falls into a line or not.

    A person may stand in several cells of a line, so the people of a total are counted anew by `people`,
    unless one cell alone has `enough` of them.

    Raises:
        KeyError: a cell has a row or a column that the table lacks.
    """
    down = {name: index for index, name in enumerate(rows)}
    across = {name: index for index, name in enumerate(columns)}
    placed = {(down[row], across[column]): (row, column) for row, column in parts}
    cells = {}
    for place in Table(rows, columns, {}).places:
        inside = [placed[inner] for inner in _parts(place, len(rows), len(columns)) if inner in placed]
        cells[place] = _sum(parts, inside, people, enough)
    return Table(rows, columns, cells)


def _sum(parts: Parts, inside: Collection[tuple[str, str]], people: People, enough: int) -> Cell:
    most = max((parts[name].people for name in inside), default=0)
    together = people(inside) if len(inside) > 1 and most < enough else most
    return Cell(
        sum(parts[name].deliveries for name in inside),
        together,
        sum(parts[name].key for name in inside) % CELL_KEYS,
    )


def _parts(place: Place, total_row: int, total_column: int) -> Iterator[Place]:
    """Name the cells that a cell is the sum of: itself, or all of its line."""
    row, column = place
    for inner_row in range(total_row) if row == total_row else (row,):
        for inner_column in range(total_column) if column == total_column else (column,):
            yield inner_row, inner_column
