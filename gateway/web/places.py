"""What there is near a place: services with room, schools. About nobody, so without a contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import ExchangeId
from gateway.agencies import Role
from gateway.collection import Finding
from gateway.places import look_around
from gateway.web.gate import caller_of, exchange_id_of, gate_of
from gateway.web.replying import reply

router = APIRouter(prefix="/v1/places", tags=["places"])

PlaceCode = Annotated[
    str, Path(pattern=r"^[A-Z]{2}[0-9]{17}$", description="A code of the codifier of places.")
]


@router.get("/{code}", summary="What there is near a place")
async def nearby(request: Request, code: PlaceCode) -> Response:
    """Ask the registries about places what they know of one; each is told of, the silent ones too."""
    caller = caller_of(request, Role.CASE_SYSTEM, Role.PARTNER)
    gate = gate_of(request)
    findings = await look_around(
        code,
        gate.registries,
        gate.pipeline.contracts.vocabulary,
        ExchangeId(exchange_id_of(request)),
        caller.id,
    )
    fields = {field: fact for finding in findings for field, fact in _facts(finding).items()}
    return reply(
        {"place": code, "fields": fields, "sources": {each.source: _line(each) for each in findings}}
    )


def _facts(finding: Finding) -> Mapping[str, Any]:
    if finding.answer is None:
        return {}
    return {
        field: {"value": value, "source": finding.source, "as_of": finding.answer.as_of}
        for field, value in finding.answer.values.items()
    }


def _line(finding: Finding) -> Mapping[str, Any]:
    line = {"status": finding.status, "took_ms": finding.took_ms}
    return {**line, "reason": finding.reason} if finding.reason else line
