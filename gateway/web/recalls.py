"""Recalls: what an agency had received on a consent that was withdrawn, and what it did about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import OfficialId
from gateway.agencies import Role
from gateway.consent.recalls import Recall
from gateway.storage.engine import now
from gateway.web.gate import caller_of, gate_of
from gateway.web.ground_wire import AcknowledgementBody
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/recalls", tags=["recalls"])
RECIPIENTS = (Role.CASE_SYSTEM, Role.PARTNER, Role.RECEIVER)


@router.get("", summary="What was withdrawn")
async def mine(request: Request, unanswered: bool = False) -> Response:  # noqa: FBT001, FBT002  a query parameter
    """List the caller's recalls; an auditor and an operator see everybody's that nobody has acknowledged."""
    gate, caller = gate_of(request), caller_of(request, *RECIPIENTS, Role.AUDITOR, Role.OPERATOR)
    if any(caller.has(role) for role in RECIPIENTS):
        found = await gate.grounds.recalls.to(caller.id, unanswered=unanswered)
    else:
        found = await gate.grounds.recalls.unanswered()
    return reply({"recalls": [_shown(recall) for recall in found]})


@router.post(
    "/{consent_id}/acknowledgement",
    openapi_extra=described(AcknowledgementBody),
    summary="Say what was done about it",
)
async def acknowledge(request: Request, consent_id: Code) -> Response:
    """Acknowledge a recall, once: deleted, restricted, or kept because a law demands it."""
    gate, caller = gate_of(request), caller_of(request, *RECIPIENTS)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(AcknowledgementBody, content)
        done = await gate.grounds.recalls.acknowledge(
            caller.id, consent_id, OfficialId(body.official), body.outcome
        )
        return reply(_shown(done))

    return await once(request, caller, content, produce)


def _shown(recall: Recall) -> Mapping[str, Any]:
    return {
        "consent": recall.consent_id,
        "agency": recall.agency,
        "purpose": recall.purpose,
        "subject_ref": recall.subject_ref,
        "made_at": recall.made_at,
        "due_on": recall.due_on,
        "overdue": recall.is_overdue(now().date()),
        "acknowledged_at": recall.acknowledged_at,
        "outcome": recall.outcome,
        "acknowledgement": f"/v1/recalls/{recall.consent_id}/acknowledgement",
    }
