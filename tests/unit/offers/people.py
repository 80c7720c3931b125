"""Tables made of people, for tests: who got what, counted as the database counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gateway.offers.reports.table import CELL_KEYS, Cell, Person, Table, tabulate

Given = tuple[str, str, Person]
"""Row, column, and who got it."""


def table_of_people(given: Iterable[Given], rows: Sequence[str], columns: Sequence[str]) -> Table:
    """Count deliveries into a table."""
    inside: dict[tuple[str, str], list[Person]] = {}
    for row, column, person in given:
        inside.setdefault((row, column), []).append(person)
    parts = {
        name: Cell(len(people), len(set(people)), sum(people) % CELL_KEYS) for name, people in inside.items()
    }

    def together(names: Collection[tuple[str, str]]) -> int:
        return len({person for name in names for person in inside[name]})

    return tabulate(parts, rows, columns, together, 10)
