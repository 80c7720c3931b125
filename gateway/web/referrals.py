"""Referrals between agencies: sent by a case system, answered by who receives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId, CaseId, ExchangeId, OfficialId, Purpose
from contracts.vocabulary import Field as FieldName
from gateway.agencies import Role
from gateway.faults import BodyInvalidError, ForbiddenError
from gateway.identity import Caller
from gateway.referrals.referral import Asks, Referral
from gateway.referrals.stages import Side, Stage, Step, steps_of
from gateway.referrals.wishes import Move, Wish
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of
from gateway.web.idempotency import once
from gateway.web.referral_wire import (
    DraftBody,
    ReasonedStepBody,
    ReferralBody,
    ReferralStepBody,
    TransferBody,
)
from gateway.web.replying import reply
from gateway.web.versions import version_of
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])

PARTIES = (Role.CASE_SYSTEM, Role.RECEIVER)
Page = Annotated[int, Query(ge=1, le=200)]


@router.post("", openapi_extra=described(ReferralBody), summary="Refer a person to another agency")
async def refer(request: Request) -> Response:
    """Send a referral, or put a draft on file; what the receiver may not be told refuses the whole."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ReferralBody, content)
        wish = await wish_of(gate, caller, body, exchange_id_of(request))
        kept = gate.referring.referrals
        made = await kept.draft(wish) if body.draft else await kept.refer(wish)
        return _reply(made, caller, 201)

    return await once(request, caller, content, produce)


@router.get("", summary="The caller's referrals, sent and got")
async def listed(
    request: Request,
    state: Stage | None = None,
    case: Code | None = None,
    kind: Asks | None = None,
    overdue: bool = False,  # noqa: FBT001, FBT002  a query parameter
    after: Code = "0",
    limit: Page = 50,
) -> Response:
    """List them in the order in which they were made, without what they say of people."""
    gate, caller = gate_of(request), caller_of(request, *PARTIES)
    stages = [state] if state else []
    found = await gate.referring.referrals.of(
        caller.id, stages, case, after, limit, kind=kind, overdue=overdue
    )
    more = found[-1].id if len(found) == limit else None
    return reply({"referrals": [shown(each, caller.id) for each in found], "next": more})


@router.get("/reasons", summary="Why a referral can be rejected")
async def reasons(request: Request) -> Response:
    """List the codes, with what people read."""
    gate, _ = gate_of(request), caller_of(request, *PARTIES)
    known = gate.referring.referrals.clocks.reasons
    return reply({"reasons": [{"code": code, **words.model_dump()} for code, words in known.items()]})


@router.get("/{referral_id}", summary="One referral")
async def one(request: Request, referral_id: Code) -> Response:
    """Show it: to the receiver what it may see by now. The reading is on record before it is given."""
    gate, caller = gate_of(request), caller_of(request, *PARTIES)
    referral = await gate.referring.referrals.get(referral_id, caller.id)
    view = await gate.referring.views.of(referral, caller.agency)
    return _reply(referral, caller, 200, view)


@router.put("/{referral_id}", openapi_extra=described(DraftBody), summary="Change a draft")
async def change(request: Request, referral_id: Code) -> Response:
    """Replace what a draft says; `If-Match` guards against somebody else's change."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    body = parse(DraftBody, await read_bytes(request, gate.largest_body))
    kept = gate.referring.referrals
    referral = _sent_by(await kept.get(referral_id, caller.id), caller)
    said = {FieldName(name): value for name, value in body.content.items()}
    changed = await kept.change(referral, said, version_of(request.headers.get("if-match")))
    return _reply(changed, caller, 200)


@router.post("/{referral_id}/sending", openapi_extra=described(ReferralStepBody), summary="Send a draft")
async def send(request: Request, referral_id: Code) -> Response:
    """Send a draft to its receiver."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ReferralStepBody, content)
        kept = gate.referring.referrals
        referral = _sent_by(await kept.get(referral_id, caller.id), caller)
        sent = await kept.send(
            referral, OfficialId(body.official.id), version_of(request.headers.get("if-match"))
        )
        return _reply(sent, caller, 200)

    return await once(request, caller, content, produce)


@router.post("/{referral_id}/acceptance", openapi_extra=described(ReferralStepBody), summary="Accept one")
async def accept(request: Request, referral_id: Code) -> Response:
    """Take a referral on: from here the receiver may see what the contract gives to who has accepted."""
    return await _step(request, referral_id, Step.ACCEPTANCE)


@router.post("/{referral_id}/rejection", openapi_extra=described(ReasonedStepBody), summary="Reject one")
async def reject(request: Request, referral_id: Code) -> Response:
    """Reject a referral, with a reason out of the list at `/v1/referrals/reasons`."""
    return await _step(request, referral_id, Step.REJECTION)


@router.post(
    "/{referral_id}/commencement", openapi_extra=described(ReferralStepBody), summary="Begin with one"
)
async def begin(request: Request, referral_id: Code) -> Response:
    """Say that help has begun."""
    return await _step(request, referral_id, Step.COMMENCEMENT)


@router.post("/{referral_id}/completion", openapi_extra=described(ReferralStepBody), summary="Complete one")
async def complete(request: Request, referral_id: Code) -> Response:
    """Say that the person was helped, and how."""
    return await _step(request, referral_id, Step.COMPLETION)


@router.post("/{referral_id}/revocation", openapi_extra=described(ReasonedStepBody), summary="Revoke one")
async def revoke(request: Request, referral_id: Code) -> Response:
    """Take a referral back; the receiver is told, unless it has never left."""
    return await _step(request, referral_id, Step.REVOCATION)


@router.post("/{referral_id}/transfer", openapi_extra=described(TransferBody), summary="Pass one on")
async def transfer(request: Request, referral_id: Code) -> Response:
    """Refer the person to another agency in this one's place, or let another official answer for it."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(TransferBody, content)
        if (body.receiver is None) == (body.to is None):
            raise BodyInvalidError("not-as-described", [{"pointer": "/receiver", "code": "this-or-to"}])
        kept, official = gate.referring.referrals, OfficialId(body.official.id)
        referral = _sent_by(await kept.get(referral_id, caller.id), caller)
        if body.receiver is not None:
            made = await kept.transfer(referral, AgencyId(body.receiver), official)
            return _reply(made, caller, 201)
        changed = await kept.reassign(referral, OfficialId(str(body.to)), official)
        return _reply(changed, caller, 200)

    return await once(request, caller, content, produce)


async def wish_of(gate: Gate, caller: Caller, body: ReferralBody, exchange_id: str) -> Wish:
    """Check what is asked for, and give it; the case must be open, with this official on it."""
    vocabulary, official = gate.pipeline.contracts.vocabulary, OfficialId(body.official.id)
    if (body.kind is Asks.CONTRIBUTION) != bool(body.sections):
        raise BodyInvalidError("not-as-described", [{"pointer": "/sections", "code": "of-a-contribution"}])
    if body.kind is Asks.CONTRIBUTION:
        gate.referring.contributions.check(caller.id, Purpose(body.purpose), body.sections)
    ref = await gate.cases.require_open(
        caller.id, CaseId(body.case), body.subject.subject(vocabulary), official
    )
    return Wish(
        sender=caller.id,
        official=official,
        case=CaseId(body.case),
        subject_ref=ref,
        receiver=AgencyId(body.receiver),
        purpose=Purpose(body.purpose),
        priority=body.priority,
        exchange_id=ExchangeId(exchange_id),
        kind=body.kind,
        sections=tuple(dict.fromkeys(body.sections)),
        content={FieldName(name): value for name, value in body.content.items()},
    )


async def _step(request: Request, referral_id: str, step: Step) -> Response:
    gate, caller = gate_of(request), caller_of(request, *PARTIES)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        move = move_of(gate, caller, step, content, request.headers.get("if-match"))
        kept = gate.referring.referrals
        taken = await kept.step(await kept.get(referral_id, caller.id), move)
        return _reply(taken, caller, 200)

    return await once(request, caller, content, produce)


def move_of(gate: Gate, caller: Caller, step: Step, content: bytes, if_match: str | None) -> Move:
    """Read a step: a rejection and a revocation say why. Raises `BodyInvalidError`."""
    if step not in {Step.REJECTION, Step.REVOCATION}:
        body = parse(ReferralStepBody, content)
        return Move(step, caller.id, OfficialId(body.official.id), "", body.words, version_of(if_match))
    reasoned = parse(ReasonedStepBody, content)
    if step is Step.REJECTION:
        require_reason(gate, reasoned.reason)
    return Move(
        step,
        caller.id,
        OfficialId(reasoned.official.id),
        reasoned.reason,
        reasoned.words,
        version_of(if_match),
    )


def require_reason(gate: Gate, reason: str, pointer: str = "/reason") -> None:
    """Raise `BodyInvalidError` for a rejection without one of the deployment's reasons."""
    if reason not in gate.referring.referrals.clocks.reasons:
        raise BodyInvalidError("not-as-described", [{"pointer": pointer, "code": "unknown-reason"}])


def _reply(
    referral: Referral, caller: Caller, status: int, view: Mapping[str, Any] | None = None
) -> Response:
    """Show a referral. What it says of a person stands in the answer to a GET alone: nothing keeps that."""
    headers = {"ETag": f'"{referral.version}"', "Location": f"/v1/referrals/{referral.id}"}
    return reply({**shown(referral, caller.id), **(view or {})}, status, headers)


def shown(referral: Referral, reader: AgencyId) -> Mapping[str, Any]:
    """Show how a referral stands, nothing of the person; what is the sender's own affair only to it."""
    side = referral.side_of(reader)
    common: dict[str, Any] = {
        "id": referral.id,
        "kind": referral.kind.value,
        "state": referral.stage.value,
        "sender": referral.sender,
        "receiver": referral.receiver,
        "purpose": referral.purpose,
        "priority": referral.priority,
        "sections": referral.sections,
        "reason": referral.reason,
        "made_at": referral.made_at,
        "sent_at": referral.sent_at,
        "due_at": referral.due_at,
        "version": referral.version,
        "steps": sorted(_offered(referral, side)) if side else [],
    }
    if side is not Side.SENDER:
        return common
    return {
        **common,
        "official": referral.official,
        "case": referral.case,
        "subject_ref": referral.subject_ref,
        "receiver_official": referral.receiver_official,
        "escalated_to": referral.escalated_to,
        "predecessor": referral.predecessor,
    }


def _offered(referral: Referral, side: Side) -> frozenset[str]:
    """Name the steps that this side may take: what was sent may be answered, which shows that it came."""
    sent = referral.stage is Stage.SENT and side is Side.RECEIVER
    steps = steps_of(Stage.RECEIVED if sent else referral.stage, side)
    parts = {Step.PART, Step.LAST_PART}
    whole = {Step.COMPLETION, Step.COMMENCEMENT}
    fitting = steps - whole if referral.kind is Asks.CONTRIBUTION else steps - parts
    return frozenset("contributions" if step in parts else step.value for step in fitting)


def _sent_by(referral: Referral, caller: Caller) -> Referral:
    if referral.side_of(caller.id) is not Side.SENDER:
        raise ForbiddenError
    return referral
