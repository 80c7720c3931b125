"""Reports in which nobody can be found, and what was looked for in vain: as tables, charts and maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from babel.dates import format_date
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import ObminError
from gateway.faults import BodyInvalidError
from gateway.offers.areas import Area
from gateway.offers.demand import demand
from gateway.offers.reports.ledger import DifferenceError
from gateway.offers.reports.reports import LedgerFullError, Told
from gateway.offers.reports.suppression import TooFewPeopleError
from gateway.offers.reports.template import LENGTHS, cohort_of, load_templates
from gateway.storage.engine import now
from gateway.web.cabinets.atlas import tiles_of
from gateway.web.cabinets.partnering.desk import at_desk
from gateway.web.cabinets.partnering.words import MISSING
from gateway.web.cabinets.pictures import Bar, area_map, bars
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other
from gateway.web.gate import Gate
from gateway.web.problems import problem_of
from gateway.web.reports import labels_of, whole_country, written

router = APIRouter(include_in_schema=False)
BACK: Final = 12
"""How many periods of each length can be chosen."""


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month, quarter or year that is over."""

    first: date
    months: int

    @property
    def code(self) -> str:
        """Give it as a form's value."""
        return f"{self.first:%Y-%m}/{self.months}"

    @property
    def last_month(self) -> date:
        """Give the first day of its last month."""
        return self.first.replace(month=self.first.month + self.months - 1)


def spelt(first: date, last: date, language: str) -> str:
    """Write a calendar month, quarter or year as people do: both days are inclusive, whole months."""
    if (first.month, last.month) == (1, 12):
        return f"{first.year}"
    until = str(format_date(last, "LLLL y", locale=language))
    return until if first.month == last.month else f"{format_date(first, 'LLLL', locale=language)} – {until}"


def periods(today: date) -> Sequence[Period]:
    """Give the periods that are over, by length, the latest first."""
    months = [today.year * 12 + today.month - 1 - back for back in range(1, BACK * 12)]
    return [
        Period(date(month // 12, month % 12 + 1, 1), length)
        for length in LENGTHS
        for month in [each for each in months if each % length == 0 and _over(each, length, today)][:BACK]
    ]


def _over(month: int, length: int, today: date) -> bool:
    return month + length <= today.year * 12 + today.month - 1


@router.get("/cabinet/partnering/reports")
async def reports(request: Request) -> Response:
    """Show what can be asked for, and the tables that were told before."""
    gate, who = await at_desk(request)
    return await _chooser(request, gate, who)


@router.post("/cabinet/partnering/reports")
async def ask(request: Request) -> Response:
    """Have a table told, and open it; one that would betray somebody is refused with the reason."""
    gate, who = await at_desk(request)
    form = await form_of(request, who)
    chosen = {each.code: each for each in periods(now().date())}.get(form.get("period"))
    if chosen is None:
        raise BodyInvalidError("not-a-calendar-period")
    everywhere = whole_country(gate.offering)
    cohort = cohort_of(form.get("template"), everywhere, chosen.first, chosen.months, now().date())
    try:
        told = await gate.offering.reports.tell(who.caller.id, cohort)
    except (TooFewPeopleError, DifferenceError, LedgerFullError) as refused:
        return await _chooser(request, gate, who, refused, form.get("template"), chosen.code)
    return see_other(f"/cabinet/partnering/reports/{told.id}")


@router.get("/cabinet/partnering/reports/{release_id}")
async def show(request: Request, release_id: str) -> Response:
    """Show a table as it was told, with a chart of its rows and, where they are areas, a map."""
    gate, who = await at_desk(request)
    told = await gate.offering.reports.again(release_id, who.caller.id)
    label = _labels(gate, who)
    title = getattr(load_templates()[told.cohort.template], who.language)
    return page(
        request,
        who,
        "partnering/report.html",
        told=told,
        title=title,
        label=label,
        period=spelt(told.cohort.first, told.cohort.last, who.language),
        chart=bars(_bars(told, [label(name) for name in told.rows]), title),
        map=_map(gate, who, told, title),
    )


@router.get("/cabinet/partnering/reports/{release_id}/{form}")
async def download(request: Request, release_id: str, form: Literal["csv", "xlsx", "json"]) -> Response:
    """Give a table as a file."""
    gate, who = await at_desk(request)
    told = await gate.offering.reports.again(release_id, who.caller.id)
    return written(told, form, gate.offering, who.language)


@router.get("/cabinet/partnering/demand")
async def missing(request: Request) -> Response:
    """Show, by oblast and category, what case workers looked for in vain."""
    gate, who = await at_desk(request)
    rows = await demand(gate.database, gate.offering.taxonomy, now().date())
    by_area: dict[str, float] = {}
    for row in rows:
        by_area[row.area] = by_area.get(row.area, 0) + row.count
    return page(
        request,
        who,
        "partnering/demand.html",
        rows=rows,
        missing=MISSING,
        taxonomy=gate.offering.taxonomy,
        label=_labels(gate, who),
        by_area=by_area,
        tiles=tiles_of(gate.country, who.language),
        area_map=area_map,
    )


async def _chooser(
    request: Request,
    gate: Gate,
    who: SignedIn,
    refused: ObminError | None = None,
    template: str = "",
    period: str = "",
) -> Response:
    problem = problem_of(refused) if refused else None
    return page(
        request,
        who,
        "partnering/reports.html",
        problem.status if problem else 200,
        templates=load_templates(),
        periods=[
            (each.code, spelt(each.first, each.last_month, who.language)) for each in periods(now().date())
        ],
        kept=[
            (each, spelt(each.first, each.last, who.language))
            for each in await gate.offering.reports.kept(who.caller.id)
        ],
        refused=(problem.title[who.language], problem.advice[who.language]) if problem else None,
        chosen=template,
        period=period,
    )


def _labels(gate: Gate, who: SignedIn) -> Callable[[str], str]:
    """Name what stands in a table; areas by the map, which has their names in both languages."""
    otherwise = labels_of(gate.offering, who.language)
    areas = {tile.code: tile.name for tile in tiles_of(gate.country, who.language)}
    return lambda name: areas.get(name) or otherwise(name)


def _bars(told: Told, names: Sequence[str]) -> list[Bar]:
    """Give the total of each row; what is left out has no bar, and says so."""
    totals = [line[-1] for line in told.figures[:-1]]
    return [
        Bar(name, figure or 0, "…" if figure is None else str(figure))
        for name, figure in zip(names, totals, strict=True)
    ]


def _map(gate: Gate, who: SignedIn, told: Told, title: str) -> object:
    """Draw the rows where they are areas of the first level; None where they are anything else."""
    tiles = tiles_of(gate.country, who.language)
    values: Mapping[str, float] = {
        Area(name): line[-1]
        for name, line in zip(told.rows, told.figures, strict=False)
        if line[-1] is not None and any(tile.code == name for tile in tiles)
    }
    return area_map(tiles, values, title) if load_templates()[told.cohort.template].rows == "area" else None
