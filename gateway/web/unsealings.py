"""Sealed parts of the record: asked for by one auditor, agreed to by another person, read once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import OfficialId
from gateway.agencies import Role
from gateway.faults import ConflictError
from gateway.oversight.unsealing import Unsealing
from gateway.web.bodies import OfficialOnlyBody, UnsealingBody
from gateway.web.gate import caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/audit/unsealings", tags=["sealed parts"])


@router.post("", openapi_extra=described(UnsealingBody), summary="Ask to read a sealed part")
async def ask(request: Request) -> Response:
    """Ask to read what is sealed in an entry. It waits a day for a second person."""
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(UnsealingBody, content)
        official = OfficialId(body.official.id)
        asked = await gate.oversight.unsealings.request(body.event_id, caller.id, official, body.reason)
        return reply(_shown(asked), 201, {"Location": f"/v1/audit/unsealings/{asked.id}"})

    return await once(request, caller, content, produce)


@router.get("", summary="What waits for a second person")
async def waiting(request: Request) -> Response:
    """List the requests that nobody has decided yet."""
    gate, _ = gate_of(request), caller_of(request, Role.AUDITOR, Role.OPERATOR)
    return reply({"unsealings": [_shown(each) for each in await gate.oversight.unsealings.waiting()]})


@router.get("/{unsealing_id}", summary="One request")
async def get(request: Request, unsealing_id: Code) -> Response:
    """Show how far a request has come."""
    gate, _ = gate_of(request), caller_of(request, Role.AUDITOR, Role.OPERATOR)
    return reply(_shown(await gate.oversight.unsealings.get(unsealing_id)))


@router.post("/{unsealing_id}/approval", openapi_extra=described(OfficialOnlyBody), summary="Agree")
async def approve(request: Request, unsealing_id: Code) -> Response:
    """Agree as another person than the one who asked."""
    return await _decided(request, unsealing_id, approves=True)


@router.post("/{unsealing_id}/refusal", openapi_extra=described(OfficialOnlyBody), summary="Refuse")
async def refuse(request: Request, unsealing_id: Code) -> Response:
    """Refuse as another person than the one who asked."""
    return await _decided(request, unsealing_id, approves=False)


@router.post("/{unsealing_id}/opening", openapi_extra=described(OfficialOnlyBody), summary="Read, once")
async def read(request: Request, unsealing_id: Code) -> Response:
    """Give the text to the person who asked, once, when its opening is on record.

    A repetition gets 409, with an `Idempotency-Key` too: the text is kept nowhere in the clear.
    """
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        official = OfficialId(parse(OfficialOnlyBody, content).official.id)
        text = await gate.oversight.unsealings.open(unsealing_id, caller.id, official)
        return reply({"id": unsealing_id, "text": text})

    async def recall(_exchange_id: str) -> Response:
        raise ConflictError("is-opened")

    return await once(request, caller, content, produce, recall)


async def _decided(request: Request, unsealing_id: str, *, approves: bool) -> Response:
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR, Role.OPERATOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        official = OfficialId(parse(OfficialOnlyBody, content).official.id)
        decided = await gate.oversight.unsealings.decide(unsealing_id, caller.id, official, approves=approves)
        return reply(_shown(decided))

    return await once(request, caller, content, produce)


def _shown(unsealing: Unsealing) -> Mapping[str, Any]:
    return {
        "id": unsealing.id,
        "event_id": unsealing.event_id,
        "state": unsealing.state,
        "requested_by": f"{unsealing.agency}/{unsealing.requested_by}",
        "approved_by": unsealing.approved_by or None,
        "reason": unsealing.reason,
        "expires_at": unsealing.expires_at,
    }
