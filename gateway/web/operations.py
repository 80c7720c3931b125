"""For those who run the gateway: alive, ready, metrics, the health of sources, what problems mean."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import Source
from gateway.agencies import Role
from gateway.drift import drift_of
from gateway.faults import NotFoundError, StorageUnavailableError
from gateway.politeness.note import note_of
from gateway.storage.tables import key_checks
from gateway.web.gate import Gate, caller_of, gate_of, language_of
from gateway.web.problems import BY_SLUG
from gateway.web.replying import reply

Month = Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="2026-11")]
router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Alive")
async def alive() -> Response:
    """Say that the process serves; nothing else is looked at."""
    return Response(b'{"status":"alive"}', media_type="application/json")


@router.get("/readyz", summary="Can serve")
async def ready(request: Request) -> Response:
    """Say whether database, keys, record and witnesses would let a query through: 503 names what would not.

    `witnesses` may be in `alarm`: no quorum for some time, but answers are still released.
    """
    gate = gate_of(request)
    checks = {"database": True, "keys": True, "record": True}
    try:
        checks["keys"] = bool(await gate.database.fetch(select(key_checks.c.version)))
    except StorageUnavailableError:
        checks["database"] = checks["keys"] = False
    checks["record"] = gate.publishing() and checks["database"]
    status = 200 if all(checks.values()) and gate.vigil.state != "stopped" else 503
    named = {name: "ready" if well else "not-ready" for name, well in checks.items()}
    if gate.vigil.alarm_after is not None:
        named["witnesses"] = gate.vigil.state
    return reply(named, status)


@router.get("/metrics", summary="Prometheus metrics")
async def metrics(request: Request) -> Response:
    """Give counters and histograms: no personal data, no secret."""
    return Response(generate_latest(gate_of(request).metrics), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/sources", summary="Health of each source")
async def sources(request: Request) -> Response:
    """Tell each source's state, latencies, last answer and calls saved, as this process saw them."""
    caller_of(request, *Role)
    gate = gate_of(request)
    standings = {source: polite.standing() for source, polite in gate.registries.items()}
    return reply(
        {"sources": [{**line, **standings[line["source"]]} for line in gate.pipeline.health.report()]}
    )


@router.get("/v1/sources/{source}/drift", summary="What has changed in a registry's answers")
async def drift(request: Request, source: Source) -> Response:
    """List what is new or gone, oldest first, each with the exchange that showed it first. Names alone."""
    caller_of(request, Role.OPERATOR, Role.AUDITOR)
    gate = gate_of(request)
    _known(gate, source)
    return reply({"source": source, "changes": await drift_of(gate.database, source)})


@router.get("/v1/sources/{source}/note", summary="The monthly note to a registry's owner")
async def note(request: Request, source: Source, month: Month) -> Response:
    """Count the questions asked and saved in a month, with a text in both languages."""
    caller_of(request, Role.OPERATOR, Role.AUDITOR)
    gate = gate_of(request)
    _known(gate, source)
    return reply(await note_of(gate.database, source, month))


def _known(gate: Gate, source: Source) -> None:
    if source not in gate.registries:
        raise NotFoundError


@router.get("/problems/{slug}", summary="What a problem means")
async def problem(request: Request, slug: str) -> Response:
    """Explain one kind of problem, from the same row that answers are made of."""
    row = BY_SLUG.get(slug)
    if row is None:
        raise NotFoundError
    language = language_of(request.headers)
    shown = {
        "type": f"/problems/{slug}",
        "status": row.status,
        "title": row.title[language],
        "advice": row.advice[language],
    }
    return reply(shown, headers={"Content-Language": language})
