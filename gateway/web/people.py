"""What is kept of people: holds and erasure (role `operator`), whom officials know (role `case-system`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import OfficialId, SubjectRef
from gateway.agencies import Role
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.oversight.acquaintances import Acquaintance
from gateway.oversight.holds import Hold
from gateway.storage.engine import now
from gateway.web.bodies import (
    AcquaintancesBody,
    ContactBody,
    ErasureBody,
    HoldBody,
    OfficialOnlyBody,
    PersonBody,
)
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1", tags=["people"])


@router.post("/erasures", openapi_extra=described(ErasureBody), summary="Forget a person")
async def erase(request: Request) -> Response:
    """Destroy a person's key and every row that leads to her, for ever; the record stays whole."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ErasureBody, content)
        ref = await _ref(gate, body)
        erased = await gate.oversight.erasures.erase(ref, body.ground, caller.id, body.official.id)
        return reply(
            {
                "subject_ref": ref,
                "event": erased.event_id,
                "index": erased.index,
                "certificate": erased.certificate,
            },
            201,
        )

    return await once(request, caller, content, produce)


@router.post("/holds", openapi_extra=described(HoldBody), summary="Put a legal hold on a person's data")
async def hold(request: Request) -> Response:
    """Keep a person's data from erasure, by an act that is named."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(HoldBody, content)
        if body.until is not None and body.until.tzinfo is None:
            places = [{"pointer": "/until", "code": "without-time-zone"}]
            raise BodyInvalidError("not-as-described", places)
        ref = await _ref(gate, body)
        placed = await gate.oversight.holds.place(ref, body.citation, body.until, caller.id, body.official.id)
        return reply(_held(placed), 201, {"Location": f"/v1/holds/{placed.id}"})

    return await once(request, caller, content, produce)


@router.get("/holds", summary="A person's holds")
async def holds(request: Request, subject_ref: Code) -> Response:
    """List the holds on a person's data, lifted ones too."""
    gate, _ = gate_of(request), caller_of(request, Role.OPERATOR, Role.AUDITOR)
    return reply({"holds": [_held(each) for each in await gate.oversight.holds.of(SubjectRef(subject_ref))]})


@router.post("/holds/{hold_id}/lifting", openapi_extra=described(OfficialOnlyBody), summary="Lift a hold")
async def lift(request: Request, hold_id: Code) -> Response:
    """Lift a hold, once."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        official = parse(OfficialOnlyBody, content).official.id
        return reply(_held(await gate.oversight.holds.lift(hold_id, caller.id, official)))

    return await once(request, caller, content, produce)


@router.put(
    "/officials/{official}/acquaintances",
    openapi_extra=described(AcquaintancesBody),
    summary="Whom an official knows in private",
)
async def acquaint(request: Request, official: Code) -> Response:
    """Replace the list of people about whom this official should not ask. Nobody can read it back."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    body = parse(AcquaintancesBody, await read_bytes(request, gate.largest_body))
    vocabulary = gate.pipeline.contracts.vocabulary
    people = [Acquaintance(each.subject.subject(vocabulary), each.relation) for each in body.people]
    return reply({"count": await gate.oversight.acquaintances.put(caller.id, OfficialId(official), people)})


@router.put("/contacts", openapi_extra=described(ContactBody), summary="Over what a person is safely told")
async def contact(request: Request) -> Response:
    """Keep a safe contact, sealed under the person's key; nobody can read it back."""
    gate, caller = gate_of(request), caller_of(request, Role.PERSON_PORTAL, Role.CASE_SYSTEM)
    body = parse(ContactBody, await read_bytes(request, gate.largest_body))
    ref = await _ref(gate, PersonBody(subject=body.subject))
    await gate.oversight.notices.keep_contact(ref, body.channel, body.address, caller.id)
    return Response(status_code=204)


@router.post("/retention", summary="Forget those whose time is over")
async def retain(request: Request) -> Response:
    """Do a round of deletion, and certify it."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        done = await gate.oversight.retention.run(caller.id)
        erased = [each.subject_ref for each in done.erased]
        return reply({"erased": erased, "kept": done.kept, "certificate": done.certificate}, 201)

    return await once(request, caller, content, produce)


async def _ref(gate: Gate, body: PersonBody) -> SubjectRef:
    """Give the pseudonym of the person that a body names in one of two ways."""
    if (body.subject is None) == (body.subject_ref is None):
        places = [{"pointer": "/subject", "code": "one-of-subject-and-subject-ref"}]
        raise BodyInvalidError("not-as-described", places)
    if body.subject is None:
        return SubjectRef(body.subject_ref or "")
    ref = await gate.pipeline.subjects.known(body.subject.subject(gate.pipeline.contracts.vocabulary))
    if ref is None:
        raise NotFoundError
    return ref


def _held(hold: Hold) -> Mapping[str, Any]:
    return {
        "id": hold.id,
        "subject_ref": hold.subject_ref,
        "citation": hold.citation,
        "placed_at": hold.placed_at,
        "until": hold.until,
        "lifted_at": hold.lifted_at,
        "stands": hold.stands(now()),
    }
