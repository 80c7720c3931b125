"""People at risk, and what else is filed of a person's standing in law (role `case-system`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.facts import OrderFact
from contracts.vocabulary import OfficialId, Source, SubjectRef
from gateway.agencies import Right, Role
from gateway.consent.consents import new_reference
from gateway.consent.protections import Protection, fresh_protection
from gateway.faults import BodyInvalidError, ForbiddenError
from gateway.identity import Caller
from gateway.web.gate import caller_of, gate_of
from gateway.web.ground_wire import CapacityBody, LiftingBody, OrderBody, ProtectionBody
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1", tags=["people at risk"])


@router.post("/protections", openapi_extra=described(ProtectionBody), summary="Protect a person")
async def protect(request: Request) -> Response:
    """Hide where she is and how she is reached, from everybody; the right `protect` is needed."""
    gate, caller = gate_of(request), _may(request, Right.PROTECT)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body, subjects = parse(ProtectionBody, content), gate.pipeline.subjects
        vocabulary = gate.pipeline.contracts.vocabulary
        if not vocabulary.categories.keys() >= set(body.categories):
            raise BodyInvalidError("not-as-described", [{"pointer": "/categories", "code": "unknown"}])
        person = await subjects.register(body.subject.subject(vocabulary))
        feared = [await subjects.register(each.subject(vocabulary)) for each in body.shielded_from]
        wanted = fresh_protection(
            body.danger, body.categories, body.evidence, caller.id, OfficialId(body.official)
        )
        kept = await gate.grounds.protections.protect(wanted, person, feared, body.from_any_representative)
        return reply(_shown(kept), 201)

    return await once(request, caller, content, produce)


@router.get("/protections", summary="A person's protections")
async def of_person(request: Request, subject_ref: Code) -> Response:
    """List them to an agency that may set or lift one."""
    _may(request, Right.PROTECT, Right.LIFT_PROTECTION)
    gate = gate_of(request)
    found = await gate.grounds.protections.of(SubjectRef(subject_ref))
    return reply({"protections": [_shown(each) for each in found]})


@router.post("/protections/{protection_id}/lifting", openapi_extra=described(LiftingBody), summary="Lift one")
async def lift(request: Request, protection_id: Code) -> Response:
    """Lift it on the word of two people; the right `lift-protection` is needed."""
    gate, caller = gate_of(request), _may(request, Right.LIFT_PROTECTION)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(LiftingBody, content)
        protection = await gate.grounds.protections.get(protection_id)
        official, second = OfficialId(body.official), OfficialId(body.second)
        await gate.grounds.protections.lift(protection, caller.id, official, second, body.evidence)
        return reply(_shown(await gate.grounds.protections.get(protection_id)))

    return await once(request, caller, content, produce)


@router.post("/capacity", openapi_extra=described(CapacityBody), summary="File a person's capacity")
async def file_capacity(request: Request) -> Response:
    """File that a person is incapable, dead, able, or that it is not known; by which decision or record."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(CapacityBody, content)
        person = await gate.pipeline.subjects.register(
            body.subject.subject(gate.pipeline.contracts.vocabulary)
        )
        await gate.grounds.protections.file_capacity(
            person, body.capacity, body.evidence, caller.id, OfficialId(body.official)
        )
        return reply({"subject_ref": person.ref, "capacity": body.capacity.value}, 201)

    return await once(request, caller, content, produce)


@router.post("/court-orders", openapi_extra=described(OrderBody), summary="File a court's order")
async def file_order(request: Request) -> Response:
    """File an order on which the caller may be told of a person, where its contract lets an order serve."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body, vocabulary = parse(OrderBody, content), gate.pipeline.contracts.vocabulary
        sources = frozenset(map(Source, body.sources))
        _refuse_unfounded(body, known=vocabulary.sources.keys() >= sources)
        person = await gate.pipeline.subjects.register(body.subject.subject(vocabulary))
        order = OrderFact(new_reference(), body.citation, sources, body.since, body.until)
        kept = await gate.grounds.protections.file_order(person, order, caller.id, OfficialId(body.official))
        return reply({"id": kept.id, "subject_ref": person.ref, "until": kept.until}, 201)

    return await once(request, caller, content, produce)


def _refuse_unfounded(body: OrderBody, *, known: bool) -> None:
    if not known:
        raise BodyInvalidError("not-as-described", [{"pointer": "/sources", "code": "unknown"}])
    if body.since.tzinfo is None or body.until.tzinfo is None:
        raise BodyInvalidError("not-as-described", [{"pointer": "/until", "code": "without-time-zone"}])
    if body.until <= body.since:
        raise BodyInvalidError("not-as-described", [{"pointer": "/until", "code": "too-long-or-inverted"}])


def _may(request: Request, *rights: Right) -> Caller:
    """Demand one of the rights, which stand in the list of agencies like its roles."""
    caller = caller_of(request, *Role)
    if not caller.may(*rights):
        raise ForbiddenError
    return caller


def _shown(protection: Protection) -> Mapping[str, Any]:
    return {
        "id": protection.id,
        "subject_ref": protection.subject_ref,
        "danger": protection.danger,
        "categories": protection.masks,
        "from_any_representative": "*" in protection.shielded_from,
        "shielded_from": [ref for ref in protection.shielded_from if ref != "*"],
        "evidence": protection.evidence,
        "agency": protection.agency,
        "official": protection.official,
        "set_at": protection.set_at,
        "lifted_at": protection.lifted_at,
    }
