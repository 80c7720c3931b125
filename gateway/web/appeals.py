"""Appeals: a person's portal makes them, agencies and the oversight body answer what is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.agencies import Role
from gateway.faults import NotFoundError
from gateway.identity import Caller
from gateway.oversight.appeal import OVERSIGHT, Appeal, Matter, Outcome, Wish
from gateway.storage.engine import now
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, OfficialBody, SubjectBody, described, parse, read_bytes

router = APIRouter(prefix="/v1/appeals", tags=["appeals"])

ANSWERING = (Role.CASE_SYSTEM, Role.PARTNER, Role.AUDITOR)
SHORTEST, LONGEST = 10, 2000
Words = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST, strip_whitespace=True)]


class AppealBody(Body):
    """`POST /v1/appeals`: what the person wants, in her words; about which exchange, and which register."""

    subject: SubjectBody
    matter: Matter
    exchange_id: Code | None = None
    source: Code | None = None
    statement: Words


class AppealAnswerBody(Body):
    """`POST /v1/appeals/{id}/answer`: what is answered, by whom, with the reasons."""

    official: OfficialBody
    outcome: Outcome
    statement: Words


@router.post("", openapi_extra=described(AppealBody), summary="Object, complain, ask for a correction")
async def make(request: Request) -> Response:
    """Take a person's appeal; the words are sealed under her key. The answer says until when one is due."""
    gate, caller = gate_of(request), caller_of(request, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(AppealBody, content)
        ref = await gate.pipeline.subjects.known(body.subject.subject(gate.pipeline.contracts.vocabulary))
        if ref is None:
            raise NotFoundError
        wish = Wish(body.matter, body.statement, body.exchange_id or "", body.source or "")
        made = await gate.oversight.appeals.make(ref, wish, caller.id)
        return reply(_shown(made), 201, {"Location": f"/v1/appeals/{made.id}"})

    return await once(request, caller, content, produce)


@router.get("", summary="What has to be answered, or what a person has asked")
async def listed(request: Request, subject_ref: Code | None = None, answered: bool = False) -> Response:  # noqa: FBT001, FBT002  a query parameter
    """List the caller's queue, the first due first; an auditor sees everybody's; a portal a person's own."""
    gate, caller = gate_of(request), caller_of(request, *ANSWERING, Role.PERSON_PORTAL)
    appeals = gate.oversight.appeals
    if caller.has(Role.PERSON_PORTAL):
        found = await appeals.of(SubjectRef(subject_ref or ""))
    else:
        to = None if caller.has(Role.AUDITOR) else caller.id
        found = await appeals.queue(to, unanswered=not answered)
    return reply({"appeals": [_shown(each) for each in found]})


@router.get("/{appeal_id}", summary="One appeal with its words")
async def get(request: Request, appeal_id: Code) -> Response:
    """Show one that the caller has to answer, or the person's own to her portal; the reading is on record."""
    gate, caller = gate_of(request), caller_of(request, *ANSWERING, Role.PERSON_PORTAL)
    found = await gate.oversight.appeals.get(appeal_id)
    if not caller.has(Role.PERSON_PORTAL):
        require_answering(found, caller)
    words = await gate.oversight.appeals.read(found, caller.id)
    return reply({**_shown(found), "statement": words.asked, "answer": words.answer or None})


@router.post("/{appeal_id}/answer", openapi_extra=described(AppealAnswerBody), summary="Answer it")
async def answer(request: Request, appeal_id: Code) -> Response:
    """Answer once, with the reasons, which are sealed under the person's key."""
    gate, caller = gate_of(request), caller_of(request, *ANSWERING)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(AppealAnswerBody, content)
        answered = await answered_by(
            gate, caller, appeal_id, OfficialId(body.official.id), body.outcome, body.statement
        )
        return reply(_shown(answered))

    return await once(request, caller, content, produce)


async def answered_by(
    gate: Gate, caller: Caller, appeal_id: str, official: OfficialId, outcome: Outcome, words: str
) -> Appeal:
    """Take an answer from whoever has to give it. Raises `NotFoundError` for anybody else."""
    found = await gate.oversight.appeals.get(appeal_id)
    require_answering(found, caller)
    return await gate.oversight.appeals.answer(found, caller.id, official, outcome, words)


def require_answering(appeal: Appeal, caller: Caller) -> None:
    """Raise `NotFoundError` unless the caller is the one who must answer: what is others' looks absent."""
    mine = caller.has(Role.AUDITOR) if appeal.to == OVERSIGHT else appeal.to == caller.id
    if not mine:
        raise NotFoundError


def _shown(appeal: Appeal) -> Mapping[str, Any]:
    return {
        "id": appeal.id,
        "subject_ref": appeal.subject_ref,
        "matter": appeal.matter,
        "exchange_id": appeal.exchange_id or None,
        "source": appeal.source or None,
        "to": appeal.to or AgencyId("oversight"),
        "made_at": appeal.made_at,
        "due_on": appeal.due_on,
        "overdue": appeal.is_overdue(now().date()),
        "answered_at": appeal.answered_at,
        "outcome": appeal.outcome or None,
    }
