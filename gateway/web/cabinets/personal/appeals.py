"""She objects, complains or asks for a correction, and reads what she is answered."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import ConflictError, NotFoundError
from gateway.oversight.appeal import ANSWERED_WITHIN, Matter, Wish
from gateway.signin.officials import Cabinet
from gateway.web.appeals import LONGEST, SHORTEST
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.personal.shown import MATTERS, Asked, Look, person
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import gate_of
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/personal/appeals", include_in_schema=False)

CONFLICTS: Mapping[str, str] = {
    "being-considered": N_("You have asked this before, and it is being considered."),
    "too-many": N_("So many of your appeals are being considered that no more can be taken for now."),
}


@router.get("")
async def listed(request: Request) -> Response:
    """List what she has asked for, and where it stands."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    found = [Asked.of(gate, each) for each in await gate.oversight.appeals.of(person(who))]
    done = request.query_params.get("done", "")
    return page(request, who, "personal/appeals.html", appeals=found, done=done)


@router.get("/new")
async def new(request: Request, about: Code | None = None, matter: Matter | None = None) -> Response:
    """Give the form; `about` names the exchange."""
    who = await signed_in(request, Cabinet.PERSONAL)
    return await _form(request, who, about or "", {"matter": matter or ""})


@router.post("/new")
async def make(request: Request, about: Code | None = None) -> Response:
    """Take what she wants, or say beside each field what is missing."""
    who = await signed_in(request, Cabinet.PERSONAL)
    form = await form_of(request, who)
    gate, exchange = gate_of(request), about or ""
    wrong = _wrong(form, exchange)
    typed = {name: form.get(name) for name in ("matter", "source", "words")}
    if wrong:
        return await _form(request, who, exchange, typed, wrong, status=422)
    matter = Matter(typed["matter"])
    source = typed["source"] if matter is Matter.CORRECTION else ""
    try:
        await gate.oversight.appeals.make(
            person(who), Wish(matter, typed["words"], exchange, source), who.caller.id
        )
    except ConflictError as error:
        return await _form(request, who, exchange, typed, {"matter": CONFLICTS[error.code]}, status=409)
    return see_other("/cabinet/personal/appeals?done=made")


@router.get("/{appeal_id}")
async def one(request: Request, appeal_id: Code) -> Response:
    """Show one of hers with her words and the answer."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    found = await gate.oversight.appeals.get(appeal_id)
    if found.subject_ref != person(who):
        raise NotFoundError
    words = await gate.oversight.appeals.read(found, who.caller.id)
    return page(request, who, "personal/appeal.html", asked=Asked.of(gate, found), words=words)


def _wrong(form: Form, exchange: str) -> dict[str, str]:
    wrong = {}
    if form.get("matter") not in set(Matter):
        wrong["matter"] = N_("Choose what you want.")
    elif not exchange and form.get("matter") != Matter.COMPLAINT:
        wrong["matter"] = N_("Choose first, in the list of who looked, what it is about.")
    if not SHORTEST <= len(form.get("words")) <= LONGEST:
        wrong["words"] = N_("Write what it is about, in 10 to 2000 characters.")
    return wrong


async def _form(
    request: Request,
    who: SignedIn,
    about: str,
    typed: dict[str, str],
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    gate = gate_of(request)
    look = Look.of(gate, await gate.oversight.statements.one(person(who), about)) if about else None
    return page(
        request,
        who,
        "personal/appeal-new.html",
        status,
        look=look,
        matters=[(each.value, MATTERS[each]) for each in Matter if about or each is Matter.COMPLAINT],
        typed={"matter": "", "source": "", "words": "", **typed},
        wrong=wrong or {},
        days=ANSWERED_WITHIN.days,
    )
