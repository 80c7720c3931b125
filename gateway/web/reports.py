"""Reports: counts for partners about their own deliveries, and open numbers for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId
from gateway.faults import BodyInvalidError
from gateway.offers.areas import Area, area_of
from gateway.offers.offering import Offering
from gateway.offers.reports.figures import bars, lines_of, tiles
from gateway.offers.reports.reports import PUBLIC, Told
from gateway.offers.reports.template import Cohort, cohort_of, load_templates
from gateway.offers.sheets import write_csv, write_xlsx
from gateway.storage.engine import now
from gateway.web.gate import Gate, gate_of, language_of
from gateway.web.offers import partner_of
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, described, parse, read_bytes

router = APIRouter(prefix="/v1", tags=["reports"])
TOTAL: Mapping[str, str] = {"uk": "Разом", "en": "Total"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Format = Literal["json", "csv", "xlsx", "bars", "map"]


class ReportBody(Body):
    """`POST /v1/reports`: which table, of which area, from which month on, for how many months."""

    template: Code
    area: Code = ""
    first: date
    months: Annotated[int, Field(ge=1, le=12)] = 1


@router.get("/reports/templates", summary="The tables that can be asked for")
async def templates(request: Request) -> Response:
    """List them; there are no others."""
    language = language_of(request.headers)
    return reply(
        {
            "templates": [
                {
                    "template": name,
                    "title": getattr(each, language),
                    "rows": each.rows,
                    "columns": each.columns,
                }
                for name, each in load_templates().items()
            ]
        }
    )


@router.post("/reports", openapi_extra=described(ReportBody), summary="A table about one's own deliveries")
async def report(request: Request, form: Annotated[Format, Query(alias="format")] = "json") -> Response:
    """Tell a table in which nobody can be found; what was told once is told again as it was.

    A cell is null where too few people stand behind it, or where it would give such a cell away.
    """
    gate, caller = gate_of(request), await partner_of(request)
    body = parse(ReportBody, await read_bytes(request, gate.largest_body))
    cohort = cohort_of(body.template, _area(gate.offering, body.area), body.first, body.months, now().date())
    return await _told(request, gate, caller.id, cohort, form)


@router.get("/offers/{offer_id}/report", summary="What became of one offer, and whom it has helped")
async def of_offer(
    request: Request,
    offer_id: Code,
    first: date | None = None,
    months: Annotated[int, Query(ge=1, le=12)] = 1,
    form: Annotated[Format, Query(alias="format")] = "json",
) -> Response:
    """Tell delivered against promised; with `first`, by age and sex whom it helped in a period that is over.

    Without a period these are the partner's own acts, which it knows: nothing of a person is in them.
    """
    gate, caller = gate_of(request), await partner_of(request)
    offer = await gate.offering.offers.get(offer_id, caller.id)
    if first is None:
        return reply(
            {
                "offer": offer.id,
                "title": offer.content["title"],
                "total": offer.total,
                "promised": offer.reserved,
                "delivered": offer.delivered,
                "available": offer.available,
                "iati_identifier": offer.content["iati"] or None,
            }
        )
    everywhere = whole_country(gate.offering)
    cohort = cohort_of("age-by-sex", everywhere, first, months, now().date(), offer.id)
    return await _told(request, gate, caller.id, cohort, form)


@router.get("/open-numbers", summary="Open numbers")
async def open_numbers(
    request: Request,
    first: date,
    template: Code = "area-by-cluster",
    months: Annotated[int, Query(ge=1, le=12)] = 3,
    form: Annotated[Format, Query(alias="format")] = "json",
) -> Response:
    """Tell, to anybody, figures that are about no person (Law 4607-IX art. 23)."""
    gate = gate_of(request)
    cohort = cohort_of(template, whole_country(gate.offering), first, months, now().date())
    return await _told(request, gate, PUBLIC, cohort, form)


async def _told(request: Request, gate: Gate, reader: AgencyId, cohort: Cohort, form: Format) -> Response:
    told = await gate.offering.reports.tell(reader, cohort)
    return written(told, form, gate.offering, language_of(request.headers))


def written(told: Told, form: Format, offering: Offering, language: str) -> Response:
    """Write a table that was told as JSON, a sheet or a picture, in the words of a language."""
    title = getattr(load_templates()[told.cohort.template], language)
    label = labels_of(offering, language)
    head, lines = lines_of(told, label, TOTAL[language])
    match form:
        case "csv":
            return _file(write_csv(head, lines), "text/csv; charset=utf-8", f"{told.id}.csv")
        case "xlsx":
            return _file(write_xlsx(told.cohort.template, head, lines), XLSX, f"{told.id}.xlsx")
        case "bars":
            return Response(bars(told, label, title), media_type="image/svg+xml")
        case "map":
            return Response(tiles(told, label, title, offering.taxonomy.tiles), media_type="image/svg+xml")
        case "json":
            return reply(_json(told, title, label))


def _json(told: Told, title: str, label: Callable[[str], str]) -> object:
    return {
        "release": told.id,
        "template": told.cohort.template,
        "title": title,
        "area": told.cohort.area,
        "first": told.cohort.first,
        "last": told.cohort.last,
        "threshold": told.threshold,
        "rows": [{"code": name, "name": label(name)} for name in told.rows],
        "columns": [{"code": name, "name": label(name)} for name in told.columns],
        "figures": told.figures,
    }


def whole_country(offering: Offering) -> Area:
    """Give the area that everything lies in."""
    return Area(next(iter(offering.codifier.names))[: min(level.digits for level in offering.taxonomy.areas)])


def _area(offering: Offering, code: str) -> Area:
    levels = offering.taxonomy.areas
    if not code:
        return whole_country(offering)
    if not offering.codifier.knows(code):
        raise BodyInvalidError("not-as-described", [{"pointer": "/area", "code": "unknown-area"}])
    return area_of(code, levels)


def labels_of(offering: Offering, language: str) -> Callable[[str], str]:
    """Give the names of what stands beside and above a table's figures: words of the taxonomy, areas."""
    taxonomy = offering.taxonomy
    words = {
        name: getattr(word, language)
        for group in (
            taxonomy.kinds,
            taxonomy.categories,
            taxonomy.factors,
            taxonomy.age_bands,
            taxonomy.sexes,
        )
        for name, word in group.items()
    } | {name: getattr(word, language) for name, word in taxonomy.outcomes.items()}
    return lambda name: words.get(name) or offering.codifier.name(Area(name))


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
