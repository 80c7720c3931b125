"""The auditor's bench: findings, samples, timelines. Whatever is read here is on record first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Kind
from audit.query import Filter, Recorded, stream
from audit.sampling import Plan
from audit.timeline import timeline
from contracts.vocabulary import OfficialId
from gateway.agencies import Role
from gateway.faults import BodyInvalidError
from gateway.oversight.findings import Question
from gateway.web.bodies import PeriodBody, SampleBody, VerdictBody
from gateway.web.gate import caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.record import note_reading, shown
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/audit", tags=["auditor's bench"])

MOST_CHAPTERS = 10_000


@router.post("/findings", openapi_extra=described(PeriodBody), summary="Look through the record")
async def look(request: Request) -> Response:
    """Let every rule look through a period; what it raises anew is on record, and is given."""
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        period = parse(PeriodBody, content or b"{}")
        raised = await gate.oversight.bench.look(caller.id, period.start, period.end)
        return reply({"findings": [_finding(Question(each)) for each in raised]}, 201)

    return await once(request, caller, content, produce)


@router.get("/findings", summary="Findings, and what became of them")
async def findings(
    request: Request,
    state: Literal["open", "confirmed", "dismissed"] | None = None,
    rule: Code | None = None,
    agency: Code | None = None,
    official: Code | None = None,
) -> Response:
    """List findings in the order in which they were raised."""
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    wanted = {"rule": rule, "agency": agency, "official": official}
    listed = [_finding(each) for each in await gate.oversight.bench.questions(state)]
    fitting = [
        each for each in listed if all(value is None or each[name] == value for name, value in wanted.items())
    ]
    await note_reading(gate, caller, request, Kind.READ, "findings", len(fitting))
    return reply({"findings": fitting})


@router.post("/findings/{finding_id}/verdict", openapi_extra=described(VerdictBody), summary="Judge it")
async def judge(request: Request, finding_id: Code) -> Response:
    """Confirm or dismiss a finding, once. A note is sealed under the key of the person it is about."""
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(VerdictBody, content)
        official = OfficialId(body.official.id)
        judged = await gate.oversight.bench.judge(
            finding_id, body.verdict, caller.id, official, body.code, body.note or ""
        )
        return reply(_finding(judged), 201)

    return await once(request, caller, content, produce)


@router.post("/samples", openapi_extra=described(SampleBody), summary="Draw a random sample")
async def sample(request: Request) -> Response:
    """Draw so many releases of every agency. `seed` and `size` of an earlier plan draw the same again."""
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(SampleBody, content)
        if body.size is not None and body.seed is None:
            raise BodyInvalidError("not-as-described", [{"pointer": "/seed", "code": "missing"}])
        plan, drawn = await gate.oversight.bench.sample(caller.id, body.each, body.seed or "", body.size)
        count = sum(map(len, drawn.values()))
        await note_reading(gate, caller, request, Kind.READ, "sample", count)
        return reply({"plan": _plan(plan), "agencies": _drawn(drawn)}, 201)

    return await once(request, caller, content, produce)


@router.get("/timeline", summary="A case, an official, a person or an exchange in time")
async def in_time(
    request: Request,
    case: Code | None = None,
    official: Code | None = None,
    agency: Code | None = None,
    subject_ref: Code | None = None,
    exchange_id: Code | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CHAPTERS)] = 1000,
) -> Response:
    """Give one line for each exchange. One of case, official, subject_ref and exchange_id is needed."""
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    if not any((case, official, subject_ref, exchange_id)):
        places = [{"pointer": "/case", "code": "one-of-case-official-subject-ref-exchange-id"}]
        raise BodyInvalidError("not-as-described", places)
    wanted = Filter(
        case=case, official=official, agency=agency, subject_ref=subject_ref, exchange_id=exchange_id
    )
    async with gate.database.reading() as connection:
        chapters = timeline([each async for each in stream(connection, wanted)])
    told = chapters[-limit:]
    await note_reading(gate, caller, request, Kind.READ, "timeline", len(told))
    return reply({"chapters": [each.as_json() for each in told], "earlier": len(chapters) - len(told)})


def _finding(question: Question) -> dict[str, Any]:
    event = question.raised.event
    verdict = question.verdict
    return {
        "id": event.id,
        "index": question.raised.index,
        "at": event.at,
        "state": question.state,
        "rule": event.details["rule"],
        "why": {"uk": question.why("uk"), "en": question.why("en")},
        "agency": event.agency,
        "official": event.official,
        "case": event.case,
        "subject_ref": event.subject_ref,
        "evidence": event.details["evidence"],
        "figures": event.details["figures"],
        "verdict": {"at": verdict.event.at, "code": verdict.event.reason, "event": verdict.event.id}
        if verdict
        else None,
    }


def _plan(plan: Plan) -> Mapping[str, Any]:
    return plan.as_json()


def _drawn(drawn: Mapping[str, list[Recorded]]) -> Mapping[str, Any]:
    return {agency: [shown(each) for each in entries] for agency, entries in drawn.items()}
