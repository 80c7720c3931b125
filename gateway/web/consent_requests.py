"""Consent requests: the case system asks, the person answers on her page or in her portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId, CaseId, OfficialId, Purpose, Source, SubjectRef
from gateway.agencies import Role
from gateway.consent.asked import ConsentRequest
from gateway.consent.consents import new_reference, notice_digest
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.identity import Caller
from gateway.storage.engine import now
from gateway.web.cabinets.form import read_form
from gateway.web.cabinets.shell import page
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.ground_wire import LONGEST_CONSENT, AnswerBody, ConsentRequestBody
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.resuming import resume
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(tags=["consent requests"])

ANSWERED_WITHIN = timedelta(days=7)
LONGEST_REQUEST = timedelta(days=30)
PAGE = AgencyId("person-page")
"""Who records an answer from the page: the person, who has no agency."""
ANSWERS = frozenset({"given", "refused"})


@router.post("/v1/consent-requests", openapi_extra=described(ConsentRequestBody), summary="Ask for a consent")
async def ask(request: Request) -> Response:
    """Ask a person in an open case of the caller's; she is reached over the deployment's channel."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ConsentRequestBody, content)
        asked = await _checked(gate, caller, body)
        name = caller.agency.name.get(body.language, caller.id)
        kept = await gate.grounds.requests.ask(asked, (), name)
        return reply(_shown(kept), 201, {"Location": f"/v1/consent-requests/{kept.id}"})

    return await once(request, caller, content, produce)


@router.get("/v1/consent-requests/{request_id}", summary="One request")
async def get(request: Request, request_id: Code) -> Response:
    """Show where it stands, to whoever asked and to the person's portal."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    return reply(_shown(await _visible(gate, caller, request_id)))


@router.get("/v1/consent-requests", summary="What a person is asked")
async def of_person(request: Request, subject_ref: Code) -> Response:
    """List a person's requests, the newest first, for her portal."""
    gate = gate_of(request)
    caller_of(request, Role.PERSON_PORTAL)
    return reply(
        {
            "consent_requests": [
                _shown(each) for each in await gate.grounds.requests.of(SubjectRef(subject_ref))
            ]
        }
    )


@router.post(
    "/v1/consent-requests/{request_id}/answer",
    openapi_extra=described(AnswerBody),
    summary="Answer in the portal",
)
async def answer(request: Request, request_id: Code) -> Response:
    """Take the person's answer from her own portal; exchanges that wait for it go on."""
    gate, caller = gate_of(request), caller_of(request, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(AnswerBody, content)
        asked = await gate.grounds.requests.get(request_id)
        answered = await take_answer(gate, asked, body.answer, caller.id)
        return reply(_shown(answered))

    return await once(request, caller, content, produce)


@router.get("/person/consent-requests/{request_id}", include_in_schema=False)
async def page_of_request(request: Request, request_id: Code) -> Response:
    """Ask for the code in the message: the address alone shows nothing of whom it is about."""
    asked = await gate_of(request).grounds.requests.get(request_id)
    if asked.state(now()) != "asked":
        return _html(request, asked, "ended", outcome=asked.state(now()))
    return _html(request, asked, "code", wrong=False)


@router.post("/person/consent-requests/{request_id}", include_in_schema=False)
async def decide(request: Request, request_id: Code) -> Response:
    """Show the question to whoever has the code, and take the answer. Works without JavaScript."""
    gate = gate_of(request)
    asked = await gate.grounds.requests.get(request_id)
    form = await read_form(request, gate.largest_body)
    if asked.state(now()) != "asked":
        return _html(request, asked, "ended", outcome=asked.state(now()))
    code = form.get("code")
    if not await gate.grounds.requests.recognise(asked, code):
        return _html(request, asked, "code", 403, wrong=True)
    if form.get("answer") not in ANSWERS:
        return _html(request, asked, "question", question=question_of(gate, asked), code=code)
    answered = await take_answer(gate, asked, form.get("answer"), PAGE)
    return _html(request, asked, "ended", outcome=answered.outcome)


async def take_answer(gate: Gate, asked: ConsentRequest, said: str, by: AgencyId) -> ConsentRequest:
    """Take what the person said of the very text that she was shown; exchanges that wait for it go on."""
    notice = gate.pipeline.contracts.vocabulary.purposes[asked.purpose].notice
    text: str = getattr(notice, asked.language)
    answered = await gate.grounds.requests.answer(asked, said, notice_digest(text), by)
    await resume(gate, request_id=asked.id)
    return answered


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked, in her language: `notice` is the text whose digest her consent names."""

    who: str
    purpose: str
    notice: str
    sources: Sequence[str]
    until: date


def question_of(gate: Gate, asked: ConsentRequest) -> Question:
    """Write a question for its page."""
    vocabulary, language = gate.pipeline.contracts.vocabulary, asked.language
    purpose = vocabulary.purposes[asked.purpose]
    return Question(
        who=gate.oversight.wordings.agency(asked.consumer)[language],
        purpose=getattr(purpose, language),
        notice=getattr(purpose.notice, language),
        sources=[getattr(vocabulary.sources[source], language) for source in asked.sources],
        until=asked.until.date(),
    )


async def _checked(gate: Gate, caller: Caller, body: ConsentRequestBody) -> ConsentRequest:
    """Check the question against the vocabulary, the case and the calendar."""
    at, vocabulary = now(), gate.pipeline.contracts.vocabulary
    until = datetime.combine(body.until, time(), UTC)
    expires = body.answer_by or at + ANSWERED_WITHIN
    if body.purpose not in vocabulary.purposes:
        raise _wrong("/purpose", "unknown")
    if not vocabulary.sources.keys() >= {Source(source) for source in body.sources}:
        raise _wrong("/sources", "unknown")
    if not timedelta(0) < until - at <= LONGEST_CONSENT:
        raise _wrong("/until", "too-long-or-inverted")
    if expires.tzinfo is None or not timedelta(0) < expires - at <= LONGEST_REQUEST:
        raise _wrong("/answer_by", "too-long-or-inverted")
    case = await gate.cases.get(caller.id, CaseId(body.case))
    person = await gate.pipeline.subjects.register(body.subject.subject(vocabulary))
    if case.subject_ref != person.ref or OfficialId(body.official) not in case.officials:
        raise NotFoundError
    return ConsentRequest(
        id=new_reference(),
        subject_ref=person.ref,
        consumer=caller.id,
        purpose=Purpose(body.purpose),
        sources=tuple(sorted({Source(source) for source in body.sources})),
        case=CaseId(body.case),
        official=OfficialId(body.official),
        language=body.language,
        until=until,
        asked_at=at,
        expires_at=expires,
    )


async def _visible(gate: Gate, caller: Caller, request_id: str) -> ConsentRequest:
    asked = await gate.grounds.requests.get(request_id)
    if not caller.has(Role.PERSON_PORTAL) and asked.consumer != caller.id:
        raise NotFoundError
    return asked


def _html(
    request: Request, asked: ConsentRequest, part: str, status: int = 200, **context: object
) -> Response:
    template = f"personal/request-{part}.html"
    return page(request, None, template, status, language=asked.language, **context)


def _wrong(pointer: str, code: str) -> BodyInvalidError:
    return BodyInvalidError("not-as-described", [{"pointer": pointer, "code": code}])


def _shown(asked: ConsentRequest) -> Mapping[str, Any]:
    return {
        "id": asked.id,
        "state": asked.state(now()),
        "subject_ref": asked.subject_ref,
        "consumer": asked.consumer,
        "purpose": asked.purpose,
        "sources": asked.sources,
        "case": asked.case,
        "language": asked.language,
        "until": asked.until,
        "asked_at": asked.asked_at,
        "expires_at": asked.expires_at,
        "answered_at": asked.answered_at,
        "consent": asked.consent_id,
    }
