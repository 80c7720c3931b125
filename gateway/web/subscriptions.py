"""Subscriptions in SPDCI's shape: being told that something changed about a person in an open case.

`POST /v1/subscriptions` takes SPDCI's `subscribe` message, and answers at once what SPDCI would say in
`on-subscribe`. What is sent later is a message like any other (`obmin.subscription.changed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from audit.event import stamp
from contracts.vocabulary import CaseId, ObminError, OfficialId, Purpose
from contracts.vocabulary import Field as FieldName
from gateway.agencies import Role
from gateway.faults import BodyInvalidError, ForbiddenError
from gateway.identity import Caller
from gateway.referrals.subscriptions import Subscription
from gateway.storage.engine import now
from gateway.web.bodies import OfficialOnlyBody
from gateway.web.facades.spdci_message import Claim, Header, Identifier, Part, Text
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of, language_of
from gateway.web.idempotency import once
from gateway.web.problems import problem_of
from gateway.web.replying import reply
from gateway.web.wire import Code, SubjectBody, described, parse, read_bytes

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])

Page = Annotated[int, Query(ge=1, le=200)]
REJECTED = "rjct.subscribe_criteria.invalid"
EVENTS = frozenset({"UPDATE", "CHANGE", "*"})
"""What of SPDCI's event types we can see: that something is not as it was."""


class Filter(Part):
    """Whom it is about: an identifier, as in SPDCI's search."""

    type: Code
    value: Annotated[str, StringConstraints(max_length=64)]


class Criteria(Part):
    """What is watched. `fields` (ours) narrows it; `authorize` or `consent` name the purpose."""

    reg_event_type: Text
    filter: Filter
    notify_record_type: Text = ""
    fields: Annotated[list[Code], Field(max_length=100)] = Field(default_factory=list)
    authorize: Claim | None = None
    consent: Claim | None = None


class Wanted(Part):
    """One subscription of a message."""

    reference_id: Annotated[Identifier, StringConstraints(min_length=1)]
    timestamp: datetime
    subscribe_criteria: Criteria


class Inside(Part):
    """The inside of the envelope."""

    transaction_id: Identifier = ""
    subscribe_request: Annotated[list[Wanted], Field(min_length=1, max_length=10)]


class SubscribeHeader(Header):
    """SPDCI's header; `meta` says who asks, and in which case."""

    action: Literal["subscribe"]


class SubscribeBody(Part):
    """`POST /v1/subscriptions`: SPDCI's `subscribe`. What authenticates is the token."""

    header: SubscribeHeader
    message: Inside


@router.post("", openapi_extra=described(SubscribeBody), summary="Ask to be told of changes (SPDCI)")
async def subscribe(request: Request) -> Response:
    """Put each subscription of a message on file, or say why not; a refusal is its own."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        asked = parse(SubscribeBody, content)
        if asked.header.sender_id != caller.id:
            raise ForbiddenError
        language = language_of(request.headers)
        answers = [
            await _begun(gate, caller, asked, each, language) for each in asked.message.subscribe_request
        ]
        return reply(_envelope(asked, exchange_id_of(request), answers), 201)

    return await once(request, caller, content, produce)


@router.get("", summary="The caller's subscriptions")
async def listed(request: Request, after: Code = "0", limit: Page = 50) -> Response:
    """List them, ended ones too."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    found = await gate.referring.subscriptions.of(caller.id, after, limit)
    more = found[-1].id if len(found) == limit else None
    return reply({"subscriptions": [_shown(each) for each in found], "next": more})


@router.get("/{subscription_id}", summary="One subscription")
async def one(request: Request, subscription_id: Code) -> Response:
    """Show one of the caller's own."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    return reply(_shown(await gate.referring.subscriptions.get(subscription_id, caller.id)))


@router.post(
    "/{subscription_id}/ending", openapi_extra=described(OfficialOnlyBody), summary="End a subscription"
)
async def end(request: Request, subscription_id: Code) -> Response:
    """Watch no longer (SPDCI: `unsubscribe`)."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        official = parse(OfficialOnlyBody, content).official.id
        kept = gate.referring.subscriptions
        return reply(
            _shown(await kept.end(await kept.get(subscription_id, caller.id), "by-agency", official))
        )

    return await once(request, caller, content, produce)


async def _begun(
    gate: Gate, caller: Caller, asked: SubscribeBody, wanted: Wanted, language: str
) -> Mapping[str, Any]:
    """Begin one, and give SPDCI's `subscribe_response` of it."""
    said = {"reference_id": wanted.reference_id, "timestamp": stamp(now())}
    try:
        made = await _begin(gate, caller, asked, wanted)
    except ObminError as error:
        words = problem_of(error).title[language]
        return {**said, "status": "rjct", "status_reason_code": REJECTED, "status_reason_message": words}
    return {**said, "status": "succ", "subscriptions": [{"code": made.id, "status": "subscribe"}]}


async def _begin(gate: Gate, caller: Caller, asked: SubscribeBody, wanted: Wanted) -> Subscription:
    criteria, meta = wanted.subscribe_criteria, asked.header.meta
    purpose = _purpose(caller, criteria)
    fields = frozenset(map(FieldName, criteria.fields))
    gate.pipeline.contracts.permit(caller.id, purpose, now(), None, fields or None)
    if meta.case is None or criteria.reg_event_type not in EVENTS:
        raise BodyInvalidError("subscribe-criteria")
    scheme = gate.facades.spdci_identifiers.get(criteria.filter.type, criteria.filter.type)
    subject = SubjectBody(scheme=scheme, value=criteria.filter.value)
    official, case = OfficialId(meta.official), CaseId(meta.case)
    ref = await gate.cases.require_open(
        caller.id, case, subject.subject(gate.pipeline.contracts.vocabulary), official
    )
    return await gate.referring.subscriptions.begin(
        caller.id, official, case, ref, purpose, fields, wanted.reference_id
    )


def _purpose(caller: Caller, criteria: Criteria) -> Purpose:
    """Give the one purpose of the claims; there is no subscription without."""
    codes = {claim.purpose.code for claim in (criteria.authorize, criteria.consent) if claim}
    purposes = {caller.agency.purposes.get(code, code) for code in codes}
    if len(purposes) != 1:
        raise BodyInvalidError("subscribe-criteria")
    return Purpose(purposes.pop())


def _envelope(asked: SubscribeBody, exchange_id: str, answers: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    completed = sum(each["status"] == "succ" for each in answers)
    return {
        "signature": "",
        "header": {
            "version": "1.0.0",
            "message_id": asked.header.message_id,
            "message_ts": stamp(now()),
            "action": "on-subscribe",
            "status": "succ" if completed else "rjct",
            "total_count": len(answers),
            "completed_count": completed,
            "sender_id": asked.header.receiver_id,
            "receiver_id": asked.header.sender_id,
            "is_msg_encrypted": False,
            "meta": {},
        },
        "message": {
            "transaction_id": asked.message.transaction_id,
            "correlation_id": exchange_id,
            "subscribe_response": answers,
        },
    }


def _shown(subscription: Subscription) -> Mapping[str, Any]:
    return {
        "id": subscription.id,
        "reference_id": subscription.reference,
        "case": subscription.case,
        "purpose": subscription.purpose,
        "official": subscription.official,
        "fields": sorted(subscription.fields),
        "state": subscription.state.value,
        "reason": subscription.reason,
        "made_at": subscription.made_at,
        "next_look_at": subscription.check_at,
    }
