"""How the registries are doing, drawn small: what an operator looks at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import Source
from gateway.collection import Finding, Status
from gateway.drift import drift_of
from gateway.faults import NotFoundError
from gateway.signin.officials import Cabinet
from gateway.web.cabinets.look import look_in
from gateway.web.cabinets.pictures import sparkline
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of

router = APIRouter(include_in_schema=False)

STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "well": (N_("well"), "green"),
        "shaky": (N_("shaky"), "yellow"),
        "down": (N_("down"), "red"),
        "resting": (N_("resting after failures"), "red"),
        "maintenance": (N_("in maintenance"), "blue"),
        "unasked": (N_("not asked yet"), "grey"),
    }
)
DRAWN = 60
"""How many of the last answers a line shows."""
WORRYING = ("down", "resting", "shaky")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One registry: figures as `GET /v1/sources` has them, and the picture of them."""

    source: Source
    name: str
    state: str
    colour: str
    asked: int
    failed: int
    latency: Mapping[str, int] | None
    last_answer: datetime | None
    in_flight: int
    at_most: int
    saved: int
    picture: Markup


@router.get("/cabinet/operating/sources")
async def listed(request: Request) -> Response:
    """Show every source, those that worry first."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    return page(request, who, "operating/sources.html", sources=lines_of(gate, who.language))


@router.get("/cabinet/operating/sources/{source}")
async def one(request: Request, source: Source) -> Response:
    """Show one source: its figures, and what has changed in its answers."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    found = next((line for line in lines_of(gate, who.language) if line.source == source), None)
    if found is None:
        raise NotFoundError
    changes = await drift_of(gate.database, source)
    return page(request, who, "operating/source.html", line=found, changes=changes)


def lines_of(gate: Gate, language: str) -> Sequence[SourceLine]:
    """Put together what this process saw of each source."""
    lines = [_line(gate, each, language) for each in gate.pipeline.health.report()]
    order = [STATES[state][0] for state in WORRYING]
    return sorted(
        lines, key=lambda line: (line.state not in order, line.state != STATES["down"][0], line.name)
    )


def worrying(gate: Gate) -> int:
    """Count the sources that need somebody."""
    return sum(_standing(gate, told)["state"] in WORRYING for told in gate.pipeline.health.report())


def _standing(gate: Gate, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what `GET /v1/sources` tells of one."""
    return {**told, **gate.registries[told["source"]].standing()}


def _line(gate: Gate, told: Mapping[str, Any], language: str) -> SourceLine:
    source: Source = told["source"]
    standing = _standing(gate, told)
    state, colour = STATES[standing["state"]]
    name = getattr(gate.pipeline.contracts.vocabulary.sources[source], language)
    recent = gate.pipeline.health.recent(source)[-DRAWN:]
    return SourceLine(
        source=source,
        name=name,
        state=state,
        colour=colour,
        asked=told["asked"],
        failed=told["failed"],
        latency=told["latency_ms"],
        last_answer=told["last_answer"],
        in_flight=standing["in_flight"],
        at_most=standing["at_most"],
        saved=sum(standing["saved"].values()),
        picture=_drawn(recent, name, language, alarm=colour == "red"),
    )


def _drawn(recent: Sequence[Finding], name: str, language: str, *, alarm: bool) -> Markup:
    """Draw the time that each of the last answers took; where there was none, the line is broken."""
    words = look_in(language).words
    title = words.gettext(N_("Time to answer: %(name)s")) % {"name": name}
    desc = words.gettext(N_("The last %(count)s questions, the newest at the right; a gap is a failure.")) % {
        "count": len(recent)
    }
    took = [None if each.status is Status.UNAVAILABLE else float(each.took_ms) for each in recent]
    return sparkline(took, title, desc, alarm=alarm)
