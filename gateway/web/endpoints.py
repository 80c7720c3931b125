"""Where agencies take their messages: registered, proved, moved and paused by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import OfficialId
from gateway.agencies import Role
from gateway.channels.endpoint_rows import Registered
from gateway.channels.endpoints import BY_AGENCY
from gateway.channels.reach import LONGEST, AddressRefusedError
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.identity import Caller
from gateway.web.bodies import OfficialOnlyBody
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, OfficialBody, described, parse, read_bytes

router = APIRouter(prefix="/v1/endpoints", tags=["messages"])
RECEIVERS: Final = (Role.CASE_SYSTEM, Role.PARTNER, Role.RECEIVER, Role.PERSON_PORTAL)

NEXT: Final[Mapping[str, str]] = {
    "unverified": "POST /v1/endpoints/{id}/verification: the address is asked to send a random word back",
    "paused": "mend the address, then POST /v1/endpoints/{id}/verification; messages wait meanwhile",
    "active": "",
}
"""What an agency does about each state."""

Step = Callable[[Gate, Registered, OfficialId], Awaitable[Response]]


class EndpointBody(Body):
    """`POST /v1/endpoints`: how and where an agency takes its messages. `address` depends on the kind."""

    kind: Code
    address: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
    official: OfficialBody


@router.post("", openapi_extra=described(EndpointBody), summary="Register an endpoint")
async def register(request: Request) -> Response:
    """Register the caller's one endpoint; the answer holds its signing secret. It is not active yet."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(EndpointBody, content)
        try:
            address = gate.channels.places.check(body.kind, body.address, caller.agency)
        except AddressRefusedError as error:
            places = [{"pointer": "/address", "code": error.code}]
            raise BodyInvalidError("not-as-described", places) from None
        official = OfficialId(body.official.id)
        return _told(
            gate, await gate.channels.endpoints.register(caller.id, body.kind, address, official), 201
        )

    # A repetition is answered from what is on file: answers with a secret in them are kept nowhere.
    async def again(_: str) -> Response:
        return _told(gate, await gate.channels.endpoints.of(caller.id), 201)

    return await once(request, caller, content, produce, again)


@router.get("", summary="Endpoints")
async def listed(request: Request) -> Response:
    """Show the caller's own; an operator sees everybody's."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS, Role.OPERATOR)
    found = await gate.channels.endpoints.everybody()
    mine = [each for each in found if caller.has(Role.OPERATOR) or each.agency == caller.id]
    return reply({"endpoints": [_shown(gate, each) for each in mine]})


@router.get("/{endpoint_id}", summary="One endpoint")
async def get(request: Request, endpoint_id: Code) -> Response:
    """Show the caller's own, and whether it takes messages."""
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    return reply(_shown(gate, await _mine(gate, caller, endpoint_id)))


@router.post(
    "/{endpoint_id}/verification", openapi_extra=described(OfficialOnlyBody), summary="Prove an endpoint"
)
async def verify(request: Request, endpoint_id: Code) -> Response:
    """Send a random word to the address, which has to send it back: 409 and why where it does not."""

    async def step(gate: Gate, endpoint: Registered, official: OfficialId) -> Response:
        code = await gate.channels.prove(endpoint.endpoint())
        if code:
            await gate.channels.endpoints.not_verified(endpoint, official, code)
            return reply({**_shown(gate, endpoint), "failed": code}, 409)
        return reply(_shown(gate, await gate.channels.endpoints.verified(endpoint, official)))

    return await _step(request, endpoint_id, step)


@router.post(
    "/{endpoint_id}/rotation", openapi_extra=described(OfficialOnlyBody), summary="Rotate its secret"
)
async def rotate(request: Request, endpoint_id: Code) -> Response:
    """Give a new secret; for a day messages are signed with both."""

    async def step(gate: Gate, endpoint: Registered, official: OfficialId) -> Response:
        return _told(gate, await gate.channels.endpoints.rotate(endpoint, official), 200)

    return await _step(request, endpoint_id, step, secret=True)


@router.post("/{endpoint_id}/pause", openapi_extra=described(OfficialOnlyBody), summary="Pause an endpoint")
async def pause(request: Request, endpoint_id: Code) -> Response:
    """Send nothing there until it is proved again; messages wait, and can be fetched."""

    async def step(gate: Gate, endpoint: Registered, official: OfficialId) -> Response:
        return reply(_shown(gate, await gate.channels.endpoints.pause(endpoint, official, BY_AGENCY)))

    return await _step(request, endpoint_id, step)


@router.post("/{endpoint_id}/deletion", openapi_extra=described(OfficialOnlyBody), summary="Delete it")
async def delete(request: Request, endpoint_id: Code) -> Response:
    """Forget an endpoint: the agency fetches its messages from now on, or registers another."""

    async def step(gate: Gate, endpoint: Registered, official: OfficialId) -> Response:
        await gate.channels.endpoints.delete(endpoint, official)
        return Response(status_code=204)

    return await _step(request, endpoint_id, step)


async def _step(request: Request, endpoint_id: str, step: Step, *, secret: bool = False) -> Response:
    gate, caller = gate_of(request), caller_of(request, *RECEIVERS)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        official = OfficialId(parse(OfficialOnlyBody, content).official.id)
        return await step(gate, await _mine(gate, caller, endpoint_id), official)

    async def again(_: str) -> Response:
        return _told(gate, await _mine(gate, caller, endpoint_id), 200)

    return await once(request, caller, content, produce, again if secret else None)


def _told(gate: Gate, endpoint: Registered, status: int) -> Response:
    """Tell an agency its endpoint with the secret that signs its messages."""
    return reply(_shown(gate, endpoint, secret=True), status, {"Location": f"/v1/endpoints/{endpoint.id}"})


async def _mine(gate: Gate, caller: Caller, endpoint_id: str) -> Registered:
    endpoint = await gate.channels.endpoints.of(caller.id)
    if endpoint.id != endpoint_id:
        raise NotFoundError
    return endpoint


def _shown(gate: Gate, endpoint: Registered, *, secret: bool = False) -> Mapping[str, Any]:
    shown: dict[str, Any] = {
        "id": endpoint.id,
        "agency": endpoint.agency,
        "kind": endpoint.kind,
        "address": endpoint.address,
        "state": endpoint.state.value,
        "reason": endpoint.reason,
        "next": NEXT[endpoint.state.value].replace("{id}", endpoint.id),
        "failures": endpoint.failures,
        "failing_since": endpoint.failing_since,
        "registered_at": endpoint.registered_at,
        "official": endpoint.official,
    }
    if secret:
        shown["secret"] = gate.channels.secrets.of(endpoint.id, endpoint.generation)
        shown["overlap_until"] = endpoint.overlap_until if endpoint.generation > 1 else None
    return shown
