"""FHIR R4 for whoever speaks it: referrals to read and search, and tasks whose status the receiver sets."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import ObminError, OfficialId
from gateway.faults import BodyInvalidError, ConflictError, PreconditionError
from gateway.identity import Caller
from gateway.referrals import fhir
from gateway.referrals.fhir import Resource
from gateway.referrals.referral import Referral
from gateway.referrals.stages import Step
from gateway.referrals.wishes import Move
from gateway.storage.engine import now
from gateway.web.gate import Gate, caller_of, gate_of, language_of
from gateway.web.problems import problem_of
from gateway.web.referrals import PARTIES, require_reason
from gateway.web.wire import Code, parse, read_bytes

router = APIRouter(prefix="/fhir", tags=["FHIR R4"])

Page = Annotated[int, Query(ge=1, le=100, alias="_count")]
Kind = Literal["ServiceRequest", "Task"]
ISSUES: Final[Mapping[int, str]] = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    422: "invalid",
    503: "transient",
}
"""FHIR's issue type for each of our statuses; any other is an exception."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class CodingPart(_Part):
    """One code."""

    code: Annotated[str, StringConstraints(max_length=64)] = ""


class ConceptPart(_Part):
    """A code, in one system or more."""

    coding: Annotated[list[CodingPart], Field(max_length=10)] = []


class NotePart(_Part):
    """Words of whoever answers: `authorString` is the official's id."""

    author: Annotated[
        str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$"), Field(alias="authorString")
    ]
    text: Annotated[str, StringConstraints(max_length=4000)] = ""


class TaskBody(_Part):
    """`PUT /fhir/Task/{id}`: what of a task a client may set. The rest of the resource is ours."""

    kind: Literal["Task"] = Field(alias="resourceType")
    id: Annotated[str, StringConstraints(max_length=64)]
    status: Annotated[str, StringConstraints(max_length=20)]
    reason: ConceptPart = Field(ConceptPart(), alias="statusReason")
    notes: Annotated[list[NotePart], Field(max_length=50, alias="note")] = []


@router.get("/metadata", summary="What is served")
async def metadata(request: Request) -> Response:
    """Give the CapabilityStatement."""
    return _reply(fhir.capability(_base(request).removesuffix("/fhir"), now().date()))


@router.get("/{kind}", summary="Search referrals by status")
async def search(
    request: Request, kind: Kind, status: str = "", after: Code = "0", limit: Page = 50
) -> Response:
    """Give a page of the caller's referrals as tasks, or as requests that say nothing of the person."""

    async def produce(gate: Gate, caller: Caller) -> Response:
        wanted = [each for each in status.split(",") if each]
        stages = fhir.stages_of(kind, wanted)
        found = (
            await gate.referring.referrals.of(caller.id, stages, None, after, limit)
            if stages or not wanted
            else []
        )
        shown = [fhir.task(each) if kind == "Task" else fhir.service_request(each) for each in found]
        asked = f"{kind}?status={','.join(wanted)}&_count={limit}"
        following = f"{asked}&after={found[-1].id}" if len(found) == limit else ""
        return _reply(fhir.bundle(shown, _base(request), f"{asked}&after={after}", following))

    return await _answered(request, produce)


@router.get("/{kind}/{referral_id}", summary="One referral")
async def read(request: Request, kind: Kind, referral_id: Code) -> Response:
    """Give a referral, with what the caller may know by now. The reading is on record first."""

    async def produce(gate: Gate, caller: Caller) -> Response:
        referral = await gate.referring.referrals.get(referral_id, caller.id)
        return await _shown(gate, caller, kind, referral)

    return await _answered(request, produce)


@router.put("/Task/{referral_id}", summary="Answer a referral")
async def update(request: Request, referral_id: Code) -> Response:
    """Take the step to the task's new status; any other change is none of a client's."""

    async def produce(gate: Gate, caller: Caller) -> Response:
        body = parse(TaskBody, await read_bytes(request, gate.largest_body))
        referral = await gate.referring.referrals.get(referral_id, caller.id)
        if body.id != referral.id:
            raise BodyInvalidError("not-as-described", [{"pointer": "/id", "code": "another-task"}])
        if body.status != fhir.TASK[referral.stage]:
            if_match = _version(request.headers.get("if-match"))
            referral = await _stepped(gate, caller, referral, body, if_match)
        return await _shown(gate, caller, "Task", referral)

    return await _answered(request, produce)


async def _stepped(
    gate: Gate, caller: Caller, referral: Referral, body: TaskBody, if_match: int | None
) -> Referral:
    side = referral.side_of(caller.id)
    step = fhir.STEPS.get((side, body.status)) if side else None
    if step is None:
        raise ConflictError(f"referral-is-{referral.stage}")
    author = body.notes[-1].author if body.notes else caller.id
    words = body.notes[-1].text if body.notes else ""
    kept = gate.referring.referrals
    if step is Step.SENDING:
        return await kept.send(referral, OfficialId(author), if_match)
    if step is Step.RECEIPT:
        return await kept.receive(referral, caller.id, if_match)
    reason = next((each.code for each in body.reason.coding if each.code), "")
    if step is Step.REJECTION:
        require_reason(gate, reason, "/statusReason")
    return await kept.step(referral, Move(step, caller.id, OfficialId(author), reason, words, if_match))


async def _shown(gate: Gate, caller: Caller, kind: Kind, referral: Referral) -> Response:
    view = await gate.referring.views.of(referral, caller.agency)
    if kind == "Task":
        resource = fhir.task(referral, view["outcome"])
    else:
        resource = fhir.service_request(referral, view["content"] if "content" in view else view["fields"])
    return _reply(resource, headers={"ETag": f'W/"{referral.version}"'})


async def _answered(request: Request, produce: Callable[[Gate, Caller], Awaitable[Response]]) -> Response:
    """Answer, or say why not as FHIR has it."""
    try:
        return await produce(gate_of(request), caller_of(request, *PARTIES))
    except ObminError as error:
        problem, language = problem_of(error), language_of(request.headers)
        resource = fhir.outcome(ISSUES.get(problem.status, "exception"), problem.title[language])
        return _reply(resource, problem.status, {**problem.headers, "Content-Language": language})


def _version(if_match: str | None) -> int | None:
    """Read FHIR's weak ETag. Raises `PreconditionError` for what we never gave."""
    if if_match is None:
        return None
    found = re.fullmatch(r'(?:W/)?"(\d{1,9})"', if_match.strip())
    if found is None:
        raise PreconditionError
    return int(found[1])


def _base(request: Request) -> str:
    return f"{gate_of(request).referring.public_url}/fhir"


def _reply(resource: Resource, status: int = 200, headers: Mapping[str, Any] | None = None) -> Response:
    content = orjson.dumps(resource, option=orjson.OPT_UTC_Z)
    return Response(content, status, dict(headers or {}), fhir.TYPE)
