"""Open cases (role `case-system`)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import CaseId
from gateway.agencies import Role
from gateway.cases import Case
from gateway.faults import BodyInvalidError
from gateway.web.gate import caller_of, gate_of
from gateway.web.replying import reply
from gateway.web.versions import version_of
from gateway.web.wire import CaseBody, Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/cases", tags=["cases"])


@router.put("/{case}", openapi_extra=described(CaseBody), summary="Open a case, or change it")
async def put(request: Request, case: Code) -> Response:
    """Bind a person, a case and its officials. The gateway keeps nothing else of a case."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    body = parse(CaseBody, await read_bytes(request, gate.largest_body))
    if body.closed is not None and body.closed < body.opened:
        raise BodyInvalidError("not-as-described", [{"pointer": "/closed", "code": "before-opened"}])
    kept = await gate.cases.put(
        caller.id,
        CaseId(case),
        body.person(gate.pipeline.contracts.vocabulary),
        body.official_ids(),
        body.opened,
        body.closed,
        version_of(request.headers.get("if-match")),
    )
    return _shown(kept, 201 if kept.version == 1 else 200)


@router.get("/{case}", summary="One case")
async def get(request: Request, case: Code) -> Response:
    """Show one of the caller's own cases."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    return _shown(await gate.cases.get(caller.id, CaseId(case)), 200)


def _shown(case: Case, status: int) -> Response:
    shown = {
        "case": case.id,
        "subject_ref": case.subject_ref,
        "officials": case.officials,
        "opened": case.opened,
        "closed": case.closed,
    }
    return reply(shown, status, {"ETag": f'"{case.version}"'})
