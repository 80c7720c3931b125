"""Acts of needs assessment: begun from an answer, written in, exported (role `case-system`)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import CaseId, OfficialId
from gateway.agencies import Role
from gateway.assessment.act import LONGEST_TEXT, Act
from gateway.assessment.document import as_json
from gateway.assessment.form import Form
from gateway.assessment.pdf import to_pdf
from gateway.faults import NotFoundError
from gateway.identity import Caller
from gateway.web.gate import Gate, caller_of, gate_of, language_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.versions import version_of
from gateway.web.wire import Body, Code, OfficialBody, described, parse, read_bytes

router = APIRouter(prefix="/v1/assessments", tags=["assessments"])
PDF = "application/pdf"
CellName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+){1,2}$", max_length=120)]
CellText = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]


class AssessmentBody(Body):
    """`POST /v1/assessments`: the exchange whose answer fills the act, and its language."""

    exchange_id: Code
    case: Code
    official: OfficialBody
    language: Literal["uk", "en"] = "uk"


class WritingBody(Body):
    """`PATCH /v1/assessments/{id}`: texts by cell; `complete` ends the draft, once nothing is disputed."""

    official: OfficialBody
    cells: Annotated[dict[CellName, CellText], Field(max_length=500)] = Field(default_factory=dict)
    complete: bool = False


@router.get("/form", summary="The form of the act")
async def form(request: Request) -> Response:
    """Give sections, cells, columns and choices in both languages, and which fields fill which cell."""
    caller_of(request, Role.CASE_SYSTEM)
    return reply(form_of_gate(request).model_dump(mode="json", by_alias=True))


@router.post("", openapi_extra=described(AssessmentBody), summary="Begin an act")
async def begin(request: Request) -> Response:
    """Fill a new act from an answer that is still kept: each cell with whose it is, conflicts beside it."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(AssessmentBody, content)
        act = await begin_act(
            gate,
            caller,
            OfficialId(body.official.id),
            CaseId(body.case),
            body.exchange_id,
            body.language,
            body.official.name or "",
        )
        return reply({"id": act.id, "version": act.version}, 201, _headers(act))

    return await once(request, caller, content, produce)


@router.get("/{act_id}", summary="One act")
async def get(request: Request, act_id: Code, official: Code) -> Response:
    """Give an act with its provenance, as JSON or, with `Accept: application/pdf`, on paper; on record."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    casework = gate.casework
    act = await casework.assessments.get(act_id, caller.id, OfficialId(official))
    if PDF in request.headers.get("accept", ""):
        await casework.assessments.note_export(act, OfficialId(official), "pdf")
        spelling = casework.spelling(language_of(request.headers))
        return Response(to_pdf(casework.assessments.form, act, spelling), media_type=PDF)
    return reply(as_json(casework.assessments.form, act), headers=_headers(act))


@router.patch("/{act_id}", openapi_extra=described(WritingBody), summary="Write in an act")
async def write(request: Request, act_id: Code) -> Response:
    """Write into cells. `If-Match` with the version that was read keeps others' words from being lost."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    body = parse(WritingBody, await read_bytes(request, gate.largest_body))
    act = await gate.casework.assessments.change(
        act_id,
        caller.id,
        OfficialId(body.official.id),
        body.cells,
        version_of(request.headers.get("if-match")),
        complete=body.complete,
    )
    return reply(as_json(form_of_gate(request), act), headers=_headers(act))


async def begin_act(
    gate: Gate,
    caller: Caller,
    official: OfficialId,
    case: CaseId,
    exchange_id: str,
    language: str,
    name: str,
) -> Act:
    """Begin an act from a kept answer, with what the heading can know written in.

    Raises:
        NotFoundError: no such answer of this agency, not one of this case, or it is not there yet.
    """
    opened = await gate.casework.read(exchange_id, caller.id, official)
    if opened is None:
        raise NotFoundError
    heading = {
        "heading.organisation": caller.agency.name.get(language, caller.id),
        "heading.specialist": name or official,
    }
    known = {cell: text for cell, text in heading.items() if gate.casework.assessments.form.cell(cell)}
    return await gate.casework.assessments.begin(
        caller.id, official, case, opened.told(), gate.casework.spelling(language), known
    )


def form_of_gate(request: Request) -> Form:
    """Give the form of the deployment."""
    return gate_of(request).casework.assessments.form


def _headers(act: Act) -> dict[str, str]:
    return {"ETag": f'"{act.version}"', "Location": f"/v1/assessments/{act.id}"}
