"""Requests that a register's owner correct an entry, its answer, and who has put right what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import Field, OfficialId, Source
from gateway.agencies import Role
from gateway.correcting import Correcting, Recipient, Result
from gateway.corrections import Correction, Corrections
from gateway.storage.engine import now
from gateway.web.bodies import LARGEST_INDEX, OfficialOnlyBody
from gateway.web.endpoints import RECEIVERS
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, OfficialBody, described, parse, read_bytes
from gateway.workdays import Calendar

router = APIRouter(prefix="/v1/corrections", tags=["corrections"])


class CorrectionBody(Body):
    """`POST /v1/corrections`: which field of which source, told in which exchange, what is wrong."""

    exchange_id: Code
    source: Code
    field: Code
    official: OfficialBody
    statement: Annotated[str, StringConstraints(min_length=10, max_length=2000, strip_whitespace=True)]


class CorrectionAnswerBody(Body):
    """`POST /v1/corrections/{id}/answer`: what the register's owner did."""

    outcome: Literal["corrected", "refused"]
    official: OfficialBody


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


@router.get("/unanswered", summary="Corrections that nobody has acknowledged")
async def unanswered(request: Request) -> Response:
    """List what the caller has still to put right; an auditor and an operator see everybody's."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS, Role.AUDITOR, Role.OPERATOR)
    everybody = caller.has(Role.AUDITOR) or caller.has(Role.OPERATOR)
    found = await _correcting(gate).unanswered(None if everybody else caller.id)
    return reply({"corrections": [_due(each) for each in found]})


@router.get("/{correction_id}", summary="One request")
async def get(request: Request, correction_id: Code) -> Response:
    """Show one with its words, to who made it and to the register's owner; the reading is on record."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    found, words = await _corrections(gate).read(correction_id, caller.id)
    return reply({**_shown(gate, found), "statement": words})


@router.post(
    "/{correction_id}/answer",
    openapi_extra=described(CorrectionAnswerBody),
    summary="Say, as the owner, what was done",
)
async def answer(request: Request, correction_id: Code) -> Response:
    """Answer for a register that the caller keeps, once; whoever was told the wrong value is told now."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(CorrectionAnswerBody, content)
        official, result = OfficialId(body.official.id), Result(body.outcome)
        found = await _correcting(gate).answer(correction_id, caller.id, official, result)
        return reply({**_shown(gate, found), "state": result.value})

    return await once(request, caller, content, produce)


@router.post(
    "/{correction_id}/acknowledgement",
    openapi_extra=described(OfficialOnlyBody),
    summary="Say, as a recipient, that it was put right",
)
async def acknowledge(request: Request, correction_id: Code) -> Response:
    """Acknowledge a correction of what the caller was told, once."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        official = OfficialId(parse(OfficialOnlyBody, content).official.id)
        return reply(_due(await _correcting(gate).acknowledge(correction_id, caller.id, official)))

    return await once(request, caller, content, produce)


def _corrections(gate: Gate) -> Corrections:
    return Corrections(
        gate.database, gate.pipeline.log, gate.oversight.parts, gate.outbox.delivery, gate.agencies
    )


def _correcting(gate: Gate) -> Correcting:
    calendar = Calendar(gate.country)
    return Correcting(gate.database, gate.pipeline.log, _corrections(gate), gate.agencies, calendar)


def _due(recipient: Recipient) -> Mapping[str, Any]:
    return {
        "correction": recipient.correction_id,
        "agency": recipient.agency,
        "exchanges": recipient.exchanges,
        "due_on": recipient.due_on,
        "overdue": recipient.acknowledged_at is None and now().date() > recipient.due_on,
        "acknowledged_at": recipient.acknowledged_at,
    }


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
