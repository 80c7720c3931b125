"""From deliveries to a table that may be told: counted, suppressed, perturbed, compared, and kept as told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import insert, select

from audit.event import Event, Json, Kind, new_id
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, ObminError
from gateway.faults import ConflictError, NotFoundError
from gateway.offers.areas import Area
from gateway.offers.reports.counting import Counting
from gateway.offers.reports.ledger import DIMENSIONS, Box, Figure, Ledger
from gateway.offers.reports.perturbation import perturb
from gateway.offers.reports.suppression import suppress
from gateway.offers.reports.table import Place, Table
from gateway.offers.reports.template import Cohort, Rules, load_templates, rules_for
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.offer_tables import report_releases

PUBLIC: Final = AgencyId("public")
"""The reader of open numbers (Law 4607-IX art. 23): everybody."""
MOST_TABLES: Final = 100
"""No reader needs more tables than this; who asks for more is trying something."""


class LedgerFullError(ObminError):
    """The reader has been told as many tables as anybody may be."""

    code = "ledger-full"


@dataclass(frozen=True, slots=True)
class Told:
    """A table as it is told. None stands for a figure left out; the last of each line is its total."""

    id: str
    cohort: Cohort
    rows: Sequence[str]
    columns: Sequence[str]
    figures: Sequence[Sequence[int | None]]
    threshold: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A table that was told: which, about which area and days (both inclusive), and when."""

    id: str
    template: str
    area: Area
    first: date
    last: date
    at: datetime


class Reports:
    """Tells tables. What was told once is told again as it was, whatever has come since."""

    def __init__(self, database: Database, log: Log, taxonomy: Taxonomy) -> None:
        self._database = database
        self._log = log
        self._taxonomy = taxonomy
        self._insert = Prepared(insert(report_releases), database.dialect)
        self._counting = Counting(database, taxonomy)
        self._ledgers: dict[AgencyId, Ledger] = {}

    async def tell(self, reader: AgencyId, cohort: Cohort) -> Told:
        """Tell a table about the reader's own deliveries, or about all where the reader is `PUBLIC`.

        Raises:
            TooFewPeopleError: nothing of it can be told.
            DifferenceError: together with an earlier table it would tell of a few people.
            LedgerFullError: the reader has been told enough.
        """
        digest = _digest(cohort)
        known = report_releases.c.reader == reader
        releases = await self._database.fetch(
            select(report_releases.c.id, report_releases.c.cohort).where(known)
        )
        for row in releases:
            if row.cohort == digest:
                again = await self._database.fetch(
                    select(report_releases).where(report_releases.c.id == row.id)
                )
                return _told(again[0])
        if len(releases) >= MOST_TABLES:
            raise LedgerFullError
        table = await self._counting.count(None if reader == PUBLIC else reader, cohort)
        rules = rules_for(cohort, self._taxonomy)
        ledger = await self._ledger(reader, {row.id for row in releases})
        boxes = {place: self._box(cohort, table, place) for place in table.places}
        hidden = suppress(
            table,
            rules.threshold,
            special=rules.special,
            told=[place for place, box in boxes.items() if ledger.told(box) is True],
            hidden_before=[place for place, box in boxes.items() if ledger.told(box) is False],
        )
        figures = [
            Figure(box, table.cells[place].deliveries, place not in hidden) for place, box in boxes.items()
        ]
        ledger.admit(figures, rules.threshold)
        told = _disclosed(cohort, table, hidden, rules)
        return await self._keep(reader, told, digest, figures, len(releases))

    async def kept(self, reader: AgencyId) -> Sequence[Kept]:
        """List the tables that a reader has been told, the latest first."""
        columns = (
            report_releases.c[name] for name in ("id", "template", "area", "first_day", "last_day", "at")
        )
        statement = (
            select(*columns)
            .where(report_releases.c.reader == reader)
            .order_by(report_releases.c.number.desc())
        )
        return [
            Kept(
                row.id,
                row.template,
                Area(row.area),
                date.fromisoformat(row.first_day),
                date.fromisoformat(row.last_day),
                instant(row.at),
            )
            for row in await self._database.fetch(statement)
        ]

    async def again(self, release_id: str, reader: AgencyId) -> Told:
        """Give a table again as it was told.

        Raises:
            NotFoundError: unknown, or another reader's.
        """
        mine = (report_releases.c.id == release_id, report_releases.c.reader == reader)
        rows = await self._database.fetch(select(report_releases).where(*mine))
        if not rows:
            raise NotFoundError
        return _told(rows[0])

    async def _ledger(self, reader: AgencyId, releases: AbstractSet[str]) -> Ledger:
        """Give what the reader has been told; what this process has read once it need not read again."""
        ledger = self._ledgers.setdefault(reader, Ledger())
        fresh = releases - ledger.releases
        if fresh:
            rows = await self._database.fetch(select(report_releases).where(report_releases.c.id.in_(fresh)))
            for row in rows:
                ledger.add(row.id, _figures_of(row))
        return ledger

    async def _keep(
        self, reader: AgencyId, told: Told, digest: str, figures: Sequence[Figure], number: int
    ) -> Told:
        # Another table that was told since the ledger was read has taken this number: then it is read anew.
        row = self._insert.bind(
            id=told.id,
            reader=reader,
            number=number,
            cohort=digest,
            template=told.cohort.template,
            area=told.cohort.area,
            first_day=told.cohort.first.isoformat(),
            last_day=told.cohort.last.isoformat(),
            at=micros(now()),
            told=orjson.dumps(asdict(told)),
            true_counts=orjson.dumps([asdict(figure) for figure in figures]),
        )
        details: dict[str, Json] = {
            "release": told.id,
            "template": told.cohort.template,
            "area": told.cohort.area,
            "from": told.cohort.first.isoformat(),
            "until": told.cohort.last.isoformat(),
        }
        event = Event(kind=Kind.REPORT, at=now(), agency=reader, result="told", details=details)
        try:
            await self._log.note(event, [row])
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return told

    def _box(self, cohort: Cohort, table: Table, place: Place) -> Box:
        template = load_templates()[cohort.template]
        narrowed: dict[str, str] = {"offer": cohort.offer}
        for dimension, names, index in (
            (template.rows, table.rows, place[0]),
            (template.columns, table.columns, place[1]),
        ):
            if index < len(names):
                narrowed[dimension] = names[index]
        first, last = cohort.first, cohort.last
        if month := narrowed.get("month"):
            first = date.fromisoformat(f"{month}-01")
            last = min(last, months_end(first))
        return Box(
            tuple(narrowed.get(name, "") for name in DIMENSIONS),
            Area(narrowed.get("area") or cohort.area),
            first,
            last,
        )


def months_end(first: date) -> date:
    """Give the last day of the month that begins on `first`."""
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _disclosed(cohort: Cohort, table: Table, hidden: frozenset[Place], rules: Rules) -> Told:
    lines = [
        [
            None
            if (row, column) in hidden
            else perturb(table.cells[row, column], rules.noise, rules.threshold)
            for column in range(len(table.columns) + 1)
        ]
        for row in range(len(table.rows) + 1)
    ]
    return Told(new_id(), cohort, table.rows, table.columns, lines, rules.threshold)


def _digest(cohort: Cohort) -> str:
    return hashlib.sha256(orjson.dumps(asdict(cohort), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _cohort(raw: Mapping[str, Any]) -> Cohort:
    days = {name: date.fromisoformat(raw[name]) for name in ("first", "last")}
    return Cohort(raw["template"], Area(raw["area"]), offer=raw["offer"], **days)


def _told(row: Any) -> Told:
    raw = orjson.loads(row.told)
    return Told(**{**raw, "cohort": _cohort(raw["cohort"])})


def _figures_of(row: Any) -> list[Figure]:
    return [
        Figure(
            Box(
                tuple(raw["box"]["key"]),
                Area(raw["box"]["area"]),
                date.fromisoformat(raw["box"]["first"]),
                date.fromisoformat(raw["box"]["last"]),
            ),
            raw["deliveries"],
            raw["told"],
        )
        for raw in orjson.loads(row.true_counts)
    ]
