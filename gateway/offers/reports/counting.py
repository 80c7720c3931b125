"""Count deliveries as a table wants them, in the database: a million of them in one pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, String, cast, func, literal, select
from sqlalchemy import case as choose

from contracts.vocabulary import AgencyId
from gateway.offers.allocation import Stage
from gateway.offers.reports.table import CELL_KEYS, Cell, Table, tabulate
from gateway.offers.reports.template import SMALLER, Cohort, Dimension, load_templates, months_of
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import Database
from gateway.storage.offer_tables import allocations

PROMISED: Final = (Stage.CONFIRMED, Stage.ACCEPTED, Stage.REJECTED)
Name = tuple[str, str]


class Counting:
    """Counts; nothing is hidden yet."""

    def __init__(self, database: Database, taxonomy: Taxonomy) -> None:
        self._database = database
        self._taxonomy = taxonomy

    async def count(self, partner: AgencyId | None, cohort: Cohort) -> Table:
        """Count a cohort's deliveries, of one partner or of all."""
        template = load_templates()[cohort.template]
        row, column = self._column(template.rows, cohort), self._column(template.columns, cohort)
        key = allocations.c.person_key
        counted = self._counted(partner, cohort)
        cells = (
            select(row, column, func.count(), func.count(key.distinct()), cast(func.sum(key), String))
            .where(*counted)
            .group_by(row, column)
        )
        parts: dict[Name, Cell] = {
            (down, across): Cell(deliveries, people, int(keys) % CELL_KEYS)
            for down, across, deliveries, people, keys in map(tuple, await self._database.fetch(cells))
        }
        small = {name for name, cell in parts.items() if cell.people < SMALLER}
        people = await self._people(row, column, counted, small)
        return tabulate(
            parts,
            self._values(template.rows, cohort, sorted({down for down, _ in parts})),
            self._values(template.columns, cohort, sorted({across for _, across in parts})),
            lambda inside: len(set().union(*(people[name] for name in inside))),
            SMALLER,
        )

    async def _people(
        self,
        row: ColumnElement[str],
        column: ColumnElement[str],
        counted: Sequence[ColumnElement[bool]],
        small: Collection[Name],
    ) -> Mapping[Name, set[int]]:
        """Give who stands in each small cell, by key: totals of small cells are counted by these."""
        people: dict[Name, set[int]] = {name: set() for name in small}
        if not small:
            return people
        rows, columns = {down for down, _ in small}, {across for _, across in small}
        statement = (
            select(row, column, allocations.c.person_key)
            .where(*counted, row.in_(rows), column.in_(columns))
            .group_by(row, column, allocations.c.person_key)
        )
        for down, across, person in map(tuple, await self._database.fetch(statement)):
            if (down, across) in people:
                people[down, across].add(person)
        return people

    def _counted(self, partner: AgencyId | None, cohort: Cohort) -> list[ColumnElement[bool]]:
        template = load_templates()[cohort.template]
        stages = [Stage.DELIVERED]
        if "outcome" in {template.rows, template.columns}:
            stages += PROMISED
        conditions: list[ColumnElement[bool]] = [
            allocations.c.counted_on.between(cohort.first.isoformat(), cohort.last.isoformat()),
            allocations.c.state.in_(stages),
            func.substr(allocations.c.area, 1, len(cohort.area)) == cohort.area,
        ]
        if partner is not None:
            conditions.append(allocations.c.partner == partner)
        if cohort.offer:
            conditions.append(allocations.c.offer_id == cohort.offer)
        return conditions

    def _column(self, dimension: Dimension, cohort: Cohort) -> ColumnElement[str]:
        """Give the SQL of a dimension's value."""
        match dimension:
            case "area":
                return func.substr(allocations.c.area, 1, cohort.rows_level(self._taxonomy).digits)
            case "month":
                return func.substr(allocations.c.counted_on, 1, 7)
            case "outcome":
                done = allocations.c.state == literal(Stage.DELIVERED.value)
                return choose((done, literal("delivered", String)), else_=literal("promised", String))
            case "cluster":
                clusters = {name: category.cluster for name, category in self._taxonomy.categories.items()}
                return choose(clusters, value=allocations.c.category)
            case _:
                return allocations.c[dimension]

    def _values(self, dimension: Dimension, cohort: Cohort, seen: Sequence[str]) -> Sequence[str]:
        """Give every value that a dimension can have, empty ones too: what is missing would tell."""
        taxonomy = self._taxonomy
        fixed: Mapping[str, Sequence[str]] = {
            "month": months_of(cohort),
            "kind": list(taxonomy.kinds),
            "category": list(taxonomy.categories),
            "cluster": sorted({category.cluster for category in taxonomy.categories.values()}),
            "factor": list(taxonomy.factors),
            "age_band": list(taxonomy.age_bands),
            "sex": list(taxonomy.sexes),
            "outcome": ["promised", "delivered"],
        }
        return fixed.get(dimension, seen)
