"""Referrals to other agencies, and the parts of the assessment that they are asked to write."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from contracts.contract import Contract, Operation
from contracts.vocabulary import AgencyId, Field, ObminError
from gateway.agencies import Agency, Role
from gateway.faults import NotFoundError
from gateway.referrals.referral import Asks, Referral
from gateway.referrals.stages import Side, Stage
from gateway.web.cabinets.casework.history import reason_words
from gateway.web.cabinets.casework.seat import Seat, seated
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.shell import form_of, page, see_other
from gateway.web.cabinets.words import N_
from gateway.web.gate import exchange_id_of
from gateway.web.problems import problem_of
from gateway.web.referral_wire import ReferralBody
from gateway.web.referrals import wish_of
from gateway.web.wire import Code, OfficialBody

router = APIRouter(prefix="/cabinet/casework/cases/{case}/referrals", include_in_schema=False)

PARTS = "contribution."
NEED = Field("referral.need")
SERVICE = Field("referral.service")
PURPOSES: Mapping[Asks, str] = {
    Asks.REFERRAL: "service-referral",
    Asks.CONTRIBUTION: "assessment-contribution",
}
STAGES: Mapping[Stage, tuple[str, str]] = {
    Stage.DRAFT: (N_("draft"), "grey"),
    Stage.SENT: (N_("sent, has not arrived yet"), "blue"),
    Stage.RECEIVED: (N_("has arrived"), "blue"),
    Stage.ACCEPTED: (N_("taken on"), "turquoise"),
    Stage.REJECTED: (N_("turned down"), "red"),
    Stage.IN_PROGRESS: (N_("help has begun"), "turquoise"),
    Stage.COMPLETED: (N_("completed"), "green"),
    Stage.REVOKED: (N_("taken back"), "grey"),
}
TOO_SHORT = N_("Write what is needed.")
NO_SECTIONS = N_("Choose the sections that the agency is asked for.")


@router.get("")
async def listed(request: Request, case: Code) -> Response:
    """List what other agencies were asked in this case, the newest first, without what it says."""
    seat = await seated(request, case)
    found = await gate_referrals(seat)
    return page(
        request,
        seat.who,
        "casework/referrals.html",
        seat=seat,
        referrals=[each for each in reversed(found) if each.side_of(seat.who.caller.id) is Side.SENDER],
        stages=STAGES,
        names=_names(seat),
    )


async def gate_referrals(seat: Seat) -> list[Referral]:
    """Give the referrals of a case, in the order in which they were made."""
    kept = seat.gate.referring.referrals
    return list(await kept.of(seat.who.caller.id, [], seat.case.id, "0", 200))


@router.get("/new")
async def ask(request: Request, case: Code) -> Response:
    """Show the form that refers the person or asks for a part of the assessment."""
    return _form(request, await seated(request, case), Form({}), {})


@router.post("/new")
async def send(request: Request, case: Code) -> Response:
    """Send it. What the receiver may not be told refuses the whole, and the page says so."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    again = partial(_form, request, seat, form)
    try:
        kind = Asks(form.get("kind"))
        body = await _body(seat, form, kind)
    except (ValueError, ValidationError):
        return again({"need": TOO_SHORT})
    if not form.get("need"):
        return again({"need": TOO_SHORT})
    if kind is Asks.CONTRIBUTION and not body.sections:
        return again({"sections": NO_SECTIONS})
    try:
        wish = await wish_of(seat.gate, seat.who.caller, body, exchange_id_of(request))
        made = await seat.gate.referring.referrals.refer(wish)
    except ObminError as error:
        problem = problem_of(error)
        return again({}, f"{problem.title[seat.who.language]} {problem.advice[seat.who.language]}")
    return see_other(f"{seat.place}/referrals/{made.id}")


@router.get("/{referral_id}")
async def one(request: Request, case: Code, referral_id: Code) -> Response:
    """Show one with what was asked and what was answered. The reading is on record first."""
    seat = await seated(request, case)
    found = await seat.gate.referring.referrals.get(referral_id, seat.who.caller.id)
    if found.case != seat.case.id or found.side_of(seat.who.caller.id) is not Side.SENDER:
        raise NotFoundError
    view = await seat.gate.referring.views.of(found, seat.who.caller.agency)
    spelling = seat.gate.casework.spelling(seat.who.language)
    content = view.get("content") or {}
    return page(
        request,
        seat.who,
        "casework/referral.html",
        seat=seat,
        referral=found,
        stages=STAGES,
        names=_names(seat),
        content=[
            (spelling.title(Field(name)), spelling.value(Field(name), said)) for name, said in content.items()
        ],
        outcome=view.get("outcome"),
        delivery=view.get("delivery"),
        parts=[_section(seat, each) for each in found.sections],
        **await _contributed(seat, found),
    )


async def _contributed(seat: Seat, referral: Referral) -> Mapping[str, Any]:
    """Give what an agency has added to the assessment, section by section, and why some of it is not told."""
    if referral.kind is not Asks.CONTRIBUTION:
        return {"added": [], "withheld": []}
    told = await seat.gate.referring.views.contributed(referral)
    words, language = seat.gate.pipeline.contracts.vocabulary, seat.who.language
    return {
        "added": [
            (each, [(_section(seat, name), text) for name, text in each["sections"].items()])
            for each in told["contributions"]
        ],
        "withheld": [
            (_section(seat, str(name).removeprefix(PARTS)), *reason_words(reason, words, language))
            for name, reason in told["withheld"].items()
            if str(name).startswith(PARTS)
        ],
    }


async def _body(seat: Seat, form: Form, kind: Asks) -> ReferralBody:
    content = {NEED: form.get("need")}
    if kind is Asks.REFERRAL and form.get("service"):
        content[SERVICE] = form.get("service")
    return ReferralBody.model_validate(
        {
            "subject": await seat.named(),
            "case": seat.case.id,
            "official": OfficialBody(id=seat.who.official),
            "receiver": form.get("receiver"),
            "purpose": PURPOSES[kind],
            "kind": kind,
            "priority": "crisis" if form.get("priority") == "crisis" else "usual",
            "sections": list(form.all("sections")) if kind is Asks.CONTRIBUTION else [],
            "content": content,
        }
    )


def _form(request: Request, seat: Seat, sent: Form, faults: Mapping[str, str], refusal: str = "") -> Response:
    receivers = [each for each in seat.gate.agencies.values() if Role.RECEIVER in each.roles]
    return page(
        request,
        seat.who,
        "casework/refer.html",
        422 if faults or refusal else 200,
        seat=seat,
        sent=sent,
        faults=faults,
        refusal=refusal,
        receivers=[(each.id, each.name.get(seat.who.language, each.id)) for each in receivers],
        sections=[(each, _section(seat, each)) for each in _sections(seat)],
    )


def _sections(seat: Seat) -> list[str]:
    """Name the sections that some agency may be asked for."""
    mine: tuple[Contract, ...] = seat.gate.pipeline.contracts.of(seat.who.caller.id)
    return [
        field.removeprefix(PARTS)
        for contract in mine
        if Operation.PUSH in contract.operations
        for terms in contract.terms.values()
        for field in terms.fields
        if field.startswith(PARTS)
    ]


def _section(seat: Seat, code: str) -> str:
    section = seat.gate.casework.assessments.form.sections.get(code)
    return section.told(seat.who.language) if section else code


def _names(seat: Seat) -> Mapping[AgencyId, Mapping[str, str]]:
    agencies: Mapping[AgencyId, Agency] = seat.gate.agencies
    return {each.id: each.name for each in agencies.values()}
