"""Emergencies that an agency has declared, and their review by a second person (role `case-system`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Kind
from contracts.vocabulary import OfficialId
from gateway.agencies import Role
from gateway.consent.emergencies import Emergency
from gateway.storage.engine import now
from gateway.web.gate import caller_of, gate_of
from gateway.web.ground_wire import ReviewBody
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/emergencies", tags=["emergencies"])


@router.get("", summary="Declared emergencies")
async def listed(request: Request, unreviewed: bool = False) -> Response:  # noqa: FBT001, FBT002  a query parameter
    """List the caller's own, the first due for review first; an auditor sees everybody's."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.AUDITOR)
    agency = None if caller.has(Role.AUDITOR) else caller.id
    found = await gate.pipeline.emergencies.of(agency, unreviewed=unreviewed)
    return reply({"emergencies": [_shown(each) for each in found]})


@router.get("/{emergency_id}/reason", summary="Why it was declared")
async def reason(request: Request, emergency_id: Code) -> Response:
    """Give the official's own words to the agency that must review them. The reading is on record."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    words = await gate.pipeline.emergencies.reason(emergency_id, caller.id)
    read = Event(Kind.READ, now(), exchange_id=emergency_id, agency=caller.id, result="emergency-reason")
    await gate.pipeline.log.note(read)
    return reply({"id": emergency_id, "reason": words})


@router.post("/{emergency_id}/review", openapi_extra=described(ReviewBody), summary="Review it")
async def review(request: Request, emergency_id: Code) -> Response:
    """Take the word of a second person, never of the one who declared it. Once; late is better than never."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ReviewBody, content)
        reviewed = await gate.pipeline.emergencies.review(
            emergency_id, caller.id, OfficialId(body.reviewer), body.verdict, body.note
        )
        return reply(_shown(reviewed))

    return await once(request, caller, content, produce)


def _shown(emergency: Emergency) -> Mapping[str, Any]:
    return {
        "id": emergency.id,
        "agency": emergency.agency,
        "official": emergency.official,
        "case": emergency.case,
        "purpose": emergency.purpose,
        "subject_ref": emergency.subject_ref,
        "begun_at": emergency.begun_at,
        "ends_at": emergency.ends_at,
        "review_due": emergency.review_due,
        "overdue": emergency.reviewed_at is None and now() >= emergency.review_due,
        "reviewed_at": emergency.reviewed_at,
        "reviewer": emergency.reviewer,
        "verdict": emergency.verdict,
    }
