"""Her consents: what she agreed to, withdrawing it in two clicks, her copy, and questions that wait."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.consent.asked import ConsentRequest
from gateway.consent.consents import Consent
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.signin.officials import Cabinet
from gateway.storage.engine import now
from gateway.web.cabinets.personal.looks import saved
from gateway.web.cabinets.personal.shown import CONSENT_STATES, REQUEST_STATES, Agreed, person
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other, signed_in
from gateway.web.consent_requests import ANSWERS, question_of, take_answer
from gateway.web.consents import receipt_of
from gateway.web.gate import Gate, gate_of
from gateway.web.replying import reply
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/personal", include_in_schema=False)

CONSENTS = "/cabinet/personal/consents"


@router.get("/consents")
async def consents(request: Request) -> Response:
    """List what she is asked, what she agreed to, and what she agreed to for her children."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate, ref = gate_of(request), person(who)
    agreed = [Agreed.of(gate, each) for each in await gate.grounds.consents.of(ref)]
    asked = [each for each in await gate.grounds.requests.of(ref) if each.state(now()) == "asked"]
    return page(
        request,
        who,
        "personal/consents.html",
        asked=[(each, question_of(gate, each)) for each in asked],
        in_force=[each for each in agreed if each.in_force],
        ended=[each for each in agreed if not each.in_force],
        for_others=[Agreed.of(gate, each) for each in await gate.grounds.consents.given_for_others(ref)],
        done=request.query_params.get("done", ""),
    )


@router.get("/consents/{consent_id}/withdrawal")
async def before_withdrawal(request: Request, consent_id: Code) -> Response:
    """Say what a withdrawal stops and whom it reaches, before it is done."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    agreed = Agreed.of(gate, await _own(gate, who, consent_id))
    reached = await gate.grounds.recalls.recipients(consent_id)
    recipients = [(gate.oversight.wordings.agency(each), times) for each, times in reached.items()]
    return page(
        request,
        who,
        "personal/withdrawal.html",
        agreed=agreed,
        recipients=recipients,
        hers=agreed.consent.subject_ref == who.subject,
    )


@router.post("/consents/{consent_id}/withdrawal")
async def withdraw(request: Request, consent_id: Code) -> Response:
    """Withdraw it: from here on nothing leaves on its ground."""
    who = await signed_in(request, Cabinet.PERSONAL)
    await form_of(request, who)
    gate = gate_of(request)
    consent = await _own(gate, who, consent_id)
    await gate.grounds.recalls.withdraw(consent, who.caller.id, "by-herself")
    await gate.grounds.purging.purge()
    return see_other(f"{CONSENTS}?done=withdrawn")


@router.get("/consents/{consent_id}/copy")
async def copy(request: Request, consent_id: Code) -> Response:
    """Show her copy, to be printed, in the language in which she agreed."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    consent = await _own(gate, who, consent_id)
    record = receipt_of(gate, consent)
    return page(
        request, who, "personal/copy.html", language=consent.language, record=record, states=CONSENT_STATES
    )


@router.get("/consents/{consent_id}/copy.json")
async def copy_file(request: Request, consent_id: Code) -> Response:
    """Give her copy as a signed file."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    consent = await _own(gate, who, consent_id)
    return saved(reply(receipt_of(gate, consent)), f"consent-{consent.id}.json")


@router.get("/questions/{request_id}")
async def question(request: Request, request_id: Code) -> Response:
    """Show what she is asked to agree to, and take her answer beneath it."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    asked = await _asked(gate, who, request_id)
    return page(
        request,
        who,
        "personal/question.html",
        language=asked.language,
        question=question_of(gate, asked),
        state=REQUEST_STATES.get(asked.state(now()), ""),
    )


@router.post("/questions/{request_id}")
async def answer(request: Request, request_id: Code) -> Response:
    """Take what she says, once."""
    who = await signed_in(request, Cabinet.PERSONAL)
    said = (await form_of(request, who)).get("answer")
    gate = gate_of(request)
    asked = await _asked(gate, who, request_id)
    if said not in ANSWERS:
        raise BodyInvalidError("not-as-described", [{"pointer": "/answer", "code": "missing"}])
    await take_answer(gate, asked, said, who.caller.id)
    return see_other(f"{CONSENTS}?done={said}")


async def _own(gate: Gate, who: SignedIn, consent_id: str) -> Consent:
    """Give a consent that she gave for herself, or for a child whom nobody protects from her."""
    consent = await gate.grounds.consents.get(consent_id)
    if consent.subject_ref == person(who):
        return consent
    for each in await gate.grounds.consents.given_for_others(person(who)):
        if each.id == consent_id:
            return each
    raise NotFoundError


async def _asked(gate: Gate, who: SignedIn, request_id: str) -> ConsentRequest:
    asked = await gate.grounds.requests.get(request_id)
    if asked.subject_ref != person(who):
        raise NotFoundError
    return asked
