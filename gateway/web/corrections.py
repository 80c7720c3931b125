"""Requests that a register's owner correct an entry (role `case-system`; an auditor sees the list)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import Field, OfficialId, Source
from gateway.agencies import Role
from gateway.corrections import Correction, Corrections
from gateway.web.bodies import LARGEST_INDEX
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, OfficialBody, described, parse, read_bytes

router = APIRouter(prefix="/v1/corrections", tags=["corrections"])


class CorrectionBody(Body):
    """`POST /v1/corrections`: which field of which source, told in which exchange, what is wrong."""

    exchange_id: Code
    source: Code
    field: Code
    official: OfficialBody
    statement: Annotated[str, StringConstraints(min_length=10, max_length=2000, strip_whitespace=True)]


@router.post("", openapi_extra=described(CorrectionBody), summary="Report that a register's entry is wrong")
async def make(request: Request) -> Response:
    """Record what is wrong in a field that was told. The words are sealed under the person's key."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(CorrectionBody, content)
        made = await _corrections(gate).request(
            caller.id,
            OfficialId(body.official.id),
            body.exchange_id,
            Source(body.source),
            Field(body.field),
            body.statement,
        )
        return reply(_shown(gate, made), 201, {"Location": f"/v1/corrections/{made.id}"})

    return await once(request, caller, content, produce)


@router.get("", summary="Requests that were made")
async def listed(
    request: Request,
    after: Annotated[int | None, Query(ge=0, le=LARGEST_INDEX)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """List the caller's own, without their words; `after` is the `next` of the page before."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.AUDITOR)
    agency = None if caller.has(Role.AUDITOR) else caller.id
    found = await _corrections(gate).of(agency, after, limit)
    page = {
        "corrections": [_shown(gate, each) for each in found],
        "next": found[-1].index if len(found) == limit else None,
    }
    return reply(page)


@router.get("/{correction_id}", summary="One request")
async def get(request: Request, correction_id: Code) -> Response:
    """Show one of the caller's own with its words; the reading is on record."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    found, words = await _corrections(gate).read(correction_id, caller.id)
    return reply({**_shown(gate, found), "statement": words})


def _corrections(gate: Gate) -> Corrections:
    return Corrections(gate.database, gate.pipeline.log, gate.oversight.parts)


def _shown(gate: Gate, correction: Correction) -> Mapping[str, Any]:
    title = gate.pipeline.contracts.vocabulary.sources.get(correction.source)
    return {
        "id": correction.id,
        "at": correction.at,
        "exchange_id": correction.exchange_id,
        "agency": correction.agency,
        "official": correction.official,
        "case": correction.case,
        "source": correction.source,
        "register": {"uk": title.uk, "en": title.en} if title else {},
        "field": correction.field,
        "state": correction.state,
    }
