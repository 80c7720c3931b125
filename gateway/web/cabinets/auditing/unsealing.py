"""Sealed parts: one auditor asks, another agrees, the first reads, once. Four eyes, each step on record."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import ConflictError, NotFoundError
from gateway.signin.officials import Cabinet
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import gate_of
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/auditing/unsealings", include_in_schema=False)

HERE = "/cabinet/auditing/unsealings"
STATES: Mapping[str, str] = {
    "requested": N_("waits for a second person"),
    "approved": N_("agreed, not read yet"),
    "refused": N_("refused"),
    "opened": N_("read"),
}
CONFLICTS: Mapping[str, str] = {
    "same-person": N_("You asked for it yourself: another person has to decide."),
    "decided-already": N_("It has been decided already."),
    "is-opened": N_("It has been read already: a sealed part is read once."),
    "is-requested": N_("Nobody has agreed yet."),
    "is-refused": N_("It was refused."),
}
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}")


@router.get("")
async def listed(request: Request) -> Response:
    """Show every request that is in its time, with what this official can do about it."""
    who = await signed_in(request, Cabinet.AUDITING)
    return await _listed(request, who)


@router.post("")
async def ask(request: Request) -> Response:
    """Ask to read what is sealed in an entry."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    form = await form_of(request, who)
    typed = {"event": form.get("event"), "reason": form.get("reason")}
    wrong = {}
    if not _CODE.fullmatch(typed["event"]):
        wrong["event"] = N_("Write the number of an entry.")
    if not _CODE.fullmatch(typed["reason"]):
        wrong["reason"] = N_("Write a short code in Latin letters, such as complaint-17.")
    if not wrong:
        try:
            await gate.oversight.unsealings.request(
                typed["event"], who.caller.id, who.official, typed["reason"]
            )
        except NotFoundError:
            wrong["event"] = N_("There is no such entry, or nothing is sealed in it.")
    return await _listed(request, who, typed, wrong, 422) if wrong else see_other(f"{HERE}?done=asked")


@router.post("/{unsealing_id}/decision")
async def decide(request: Request, unsealing_id: Code) -> Response:
    """Agree or refuse, as another person than the one who asked."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    said = (await form_of(request, who)).get("decision")
    try:
        await gate.oversight.unsealings.decide(
            unsealing_id, who.caller.id, who.official, approves=said == "approve"
        )
    except ConflictError as error:
        return await _listed(request, who, {}, {"unsealings": CONFLICTS[error.code]}, 409)
    return see_other(f"{HERE}?done=decided")


@router.post("/{unsealing_id}/opening")
async def read(request: Request, unsealing_id: Code) -> Response:
    """Show the text, once, to whoever asked, when its opening is on record."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    await form_of(request, who)
    try:
        text = await gate.oversight.unsealings.open(unsealing_id, who.caller.id, who.official)
    except ConflictError as error:
        return await _listed(request, who, {}, {"unsealings": CONFLICTS[error.code]}, 409)
    return page(request, who, "auditing/unsealed.html", text=text)


async def _listed(
    request: Request,
    who: SignedIn,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    found = await gate_of(request).oversight.unsealings.live()
    asked = {"event": request.query_params.get("event", ""), "reason": "", **(typed or {})}
    return page(
        request,
        who,
        "auditing/unsealings.html",
        status,
        unsealings=[(each, STATES[each.state], each.requested_by == who.official) for each in found],
        typed=asked,
        wrong=wrong or {},
        done=request.query_params.get("done", ""),
    )
