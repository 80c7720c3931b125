"""For agencies that cannot be called: their messages to fetch, in order, and to acknowledge."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.bundles.importing import Importing
from gateway.channels.cloudevent import cloud_event
from gateway.faults import NotFoundError
from gateway.web.bodies import LARGEST_INDEX
from gateway.web.endpoints import RECEIVERS
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, Reference, described, parse, read_bytes

router = APIRouter(prefix="/v1/messages", tags=["messages"])
PAGE = 100


class AcknowledgingBody(Body):
    """`POST /v1/messages/{id}/acknowledgement`: under which name the receiver keeps it, where it says so."""

    reference: Reference = ""


@router.get("", summary="Fetch messages")
async def fetch(
    request: Request,
    after: Annotated[int, Query(ge=0, le=LARGEST_INDEX)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 20,
) -> Response:
    """Give the caller's messages as CloudEvents, each sealed to it; `after` is the `next` of the page before.

    They stand in the order in which they were written. Without `after` everything is given again that was
    not acknowledged. `carried` is what came for the caller in bundles from other gateways.
    """
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    found = await gate.outbox.pickup.fetch(caller.id, after, limit)
    page = {
        "messages": [cloud_event(each.parcel, gate.channels.source) for each in found],
        "carried": await _carried(gate).waiting(caller.id, limit),
        "next": found[-1].leased.message.seq if found else after,
    }
    return reply(page)


@router.post(
    "/{message_id}/acknowledgement",
    openapi_extra=described(AcknowledgingBody),
    summary="Say that a message has come",
)
async def acknowledge(request: Request, message_id: Code) -> Response:
    """Acknowledge a message that was fetched or carried here; it is given no more."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        reference = parse(AcknowledgingBody, content or b"{}").reference
        try:
            done = await gate.outbox.pickup.acknowledge(caller.id, message_id, reference)
        except NotFoundError:
            await _carried(gate).acknowledge(caller.id, message_id)
            return reply({"id": message_id, "state": "delivered"})
        return reply({"id": done.id, "type": done.type, "state": done.state.value})

    return await once(request, caller, content, produce)


def _carried(gate: Gate) -> Importing:
    return Importing(gate.database, gate.pipeline.log, gate.agencies)
