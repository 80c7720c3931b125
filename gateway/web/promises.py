"""Promises, step by step: by the case worker who made one, and by the partner who keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.agencies import Role
from gateway.faults import NotFoundError
from gateway.identity import Caller
from gateway.offers.allocation import Allocation, Stage
from gateway.offers.demand import note_unmet
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.offers import partner_of
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, described, parse, read_bytes

router = APIRouter(prefix="/v1", tags=["offers"])


class ReasonBody(Body):
    """Why something is turned down or given back: a code."""

    reason: Code = "not-stated"


@router.post("/holds/{hold_id}/confirmation", summary="Confirm a hold")
async def confirm(request: Request, hold_id: Code) -> Response:
    """Turn a hold into a promise: the partner sees it, as criteria."""
    return await _step(request, hold_id, Role.CASE_SYSTEM, Stage.CONFIRMED)


@router.delete("/holds/{hold_id}", summary="Give a hold back")
async def release(request: Request, hold_id: Code) -> Response:
    """Let go of a hold or of a promise that the partner has not accepted yet."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    held = await promised_to(gate, caller, hold_id)
    if held.stage is not Stage.RELEASED:
        await gate.offering.capacity.step(held, Stage.RELEASED, caller.id)
    return Response(status_code=204)


@router.get("/holds/{hold_id}", summary="One hold")
async def get(request: Request, hold_id: Code) -> Response:
    """Show where a hold or promise of the caller's stands."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    return reply(promise(await promised_to(gate, caller, hold_id)))


@router.post("/allocations/{allocation_id}/acceptance", summary="Accept a promise")
async def accept(request: Request, allocation_id: Code) -> Response:
    """Say, as the partner, that it will be kept."""
    return await _step(request, allocation_id, Role.PARTNER, Stage.ACCEPTED)


@router.post(
    "/allocations/{allocation_id}/rejection",
    openapi_extra=described(ReasonBody),
    summary="Turn a promise down",
)
async def reject(request: Request, allocation_id: Code) -> Response:
    """Say, as the partner, that it cannot be kept, and why; what was reserved is free again."""
    return await _step(request, allocation_id, Role.PARTNER, Stage.REJECTED)


@router.post("/allocations/{allocation_id}/delivery", summary="Report a delivery")
async def deliver(request: Request, allocation_id: Code) -> Response:
    """Say, as the partner, that it was given."""
    return await _step(request, allocation_id, Role.PARTNER, Stage.DELIVERED)


@router.post(
    "/allocations/{allocation_id}/return", openapi_extra=described(ReasonBody), summary="Report a return"
)
async def give_back(request: Request, allocation_id: Code) -> Response:
    """Say, as the partner, that it came back; it can be given to somebody else."""
    return await _step(request, allocation_id, Role.PARTNER, Stage.RETURNED)


async def _step(request: Request, allocation_id: str, role: Role, to: Stage) -> Response:
    gate = gate_of(request)
    caller = await partner_of(request) if role is Role.PARTNER else caller_of(request, role)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        reason = parse(ReasonBody, content).reason if content else ""
        return reply(promise(await take_step(gate, caller, allocation_id, to, reason)))

    return await once(request, caller, content, produce)


async def take_step(
    gate: Gate, caller: Caller, allocation_id: str, to: Stage, reason: str = ""
) -> Allocation:
    """Take a promise of the caller's to its next stage. What a partner turned down counts as missing.

    Raises:
        NotFoundError: unknown, or somebody else's.
        ConflictError: that stage may not follow, or somebody was faster.
    """
    found = await promised_to(gate, caller, allocation_id)
    moved = await gate.offering.capacity.step(found, to, caller.id, reason)
    if to is Stage.REJECTED:
        await _note_rejection(gate, moved)
    return moved


async def _note_rejection(gate: Gate, rejected: Allocation) -> None:
    offer = await gate.offering.offers.get(rejected.offer_id)
    await note_unmet(gate.database, gate.offering.taxonomy, rejected.need.area, offer.category, "rejected")


async def promised_to(gate: Gate, caller: Caller, allocation_id: str) -> Allocation:
    """Give a promise to the case system that made it or the partner whose offer it is of."""
    found = await gate.offering.capacity.get(allocation_id)
    if caller.has(Role.PARTNER):
        if found.stage is Stage.HELD:
            raise NotFoundError
        await gate.offering.offers.get(found.offer_id, caller.id)
    elif found.agency != caller.id:
        raise NotFoundError
    return found


def promise(held: Allocation) -> Mapping[str, Any]:
    """Show a promise to either side: nothing in it is about the person."""
    return {
        "id": held.id,
        "offer": held.offer_id,
        "state": held.stage.value,
        "quantity": held.quantity,
        "expires_at": held.expires_at if held.stage is Stage.HELD else None,
        "allocation": held.id if held.stage is not Stage.HELD else None,
    }
