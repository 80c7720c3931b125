"""Approvals by one-time code: the case system asks a registry, which asks the person (role `case-system`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import CaseId, OfficialId, Purpose, Source
from gateway.agencies import Role
from gateway.consent.approvals import UNANSWERED
from gateway.consent.approved import Requested
from gateway.consent.consents import new_reference, notice_digest
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.identity import Caller
from gateway.storage.engine import now
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.ground_wire import LONGEST_CONSENT, ApprovalBody, VerificationBody
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@router.post("", openapi_extra=described(ApprovalBody), summary="Let a registry ask the person")
async def ask(request: Request) -> Response:
    """Have a code sent to the person of an open case by the registry that demands her own approval."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ApprovalBody, content)
        wanted, notice = await _checked(gate, caller, body)
        subject = body.subject.subject(gate.pipeline.contracts.vocabulary)
        asked = await gate.approvals.ask(wanted, subject, notice)
        return reply(_shown(asked), 201, {"Location": f"/v1/approvals/{asked.id}"})

    return await once(request, caller, content, produce)


@router.get("/{approval_id}", summary="One approval")
async def get(request: Request, approval_id: Code) -> Response:
    """Show where it stands, to the agency that asked."""
    return reply(_shown(await _own(request, approval_id)))


@router.post(
    "/{approval_id}/verification", openapi_extra=described(VerificationBody), summary="Hand in the code"
)
async def verify(request: Request, approval_id: Code) -> Response:
    """Hand in the code that the person said; with the right one her consent is on file."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        code = parse(VerificationBody, content).code
        asked = await _own(request, approval_id)
        text = _notice(gate, asked.purpose, asked.language)
        consent = await gate.approvals.verify(asked, code, notice_digest(text))
        shown = _shown(await gate.approvals.get(approval_id))
        return reply({**shown, "consent": consent.id}, 201, {"Location": f"/v1/consents/{consent.id}"})

    return await once(request, caller, content, produce)


@router.post("/{approval_id}/resending", summary="Send a new code")
async def resend(request: Request, approval_id: Code) -> Response:
    """Have a new code sent, a minute after the last one at the earliest and three in all."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        return reply(_shown(await gate.approvals.resend(await _own(request, approval_id))))

    return await once(request, caller, content, produce)


async def _own(request: Request, approval_id: str) -> Requested:
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    asked = await gate.approvals.get(approval_id)
    if asked.agency != caller.id:
        raise NotFoundError
    return asked


async def _checked(gate: Gate, caller: Caller, body: ApprovalBody) -> tuple[Requested, str]:
    """Check that a contract and an open case stand behind it; give it with the text for the person."""
    at, source, purpose = now(), Source(body.source), Purpose(body.purpose)
    gate.pipeline.contracts.permit(caller.id, purpose, at, {source})
    if not gate.approvals.gives(source):
        raise BodyInvalidError("not-as-described", [{"pointer": "/source", "code": "gives-no-approvals"}])
    if body.until.tzinfo is None or not timedelta(0) < body.until - at <= LONGEST_CONSENT:
        raise BodyInvalidError("not-as-described", [{"pointer": "/until", "code": "too-long-or-inverted"}])
    subject = body.subject.subject(gate.pipeline.contracts.vocabulary)
    official, case = OfficialId(body.official), CaseId(body.case)
    wanted = Requested(
        id=new_reference(),
        subject_ref=await gate.cases.require_open(caller.id, case, subject, official),
        agency=caller.id,
        official=official,
        case=case,
        purpose=purpose,
        source=source,
        language=body.language,
        until=body.until,
        asked_at=at,
        sent_at=at,
        expires_at=at + UNANSWERED,
    )
    return wanted, _notice(gate, purpose, body.language)


def _notice(gate: Gate, purpose: Purpose, language: str) -> str:
    notice = gate.pipeline.contracts.vocabulary.purposes[purpose].notice
    text: str = getattr(notice, language)
    return text


def _shown(asked: Requested) -> Mapping[str, Any]:
    return {
        "id": asked.id,
        "state": asked.state(now()),
        "subject_ref": asked.subject_ref,
        "case": asked.case,
        "official": asked.official,
        "purpose": asked.purpose,
        "source": asked.source,
        "language": asked.language,
        "asked_at": asked.asked_at,
        "expires_at": asked.expires_at,
        "until": asked.until,
        "sent": asked.sent,
        "wrong_codes": asked.attempts,
    }
