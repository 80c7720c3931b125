"""How she is told: over a contact that is safe. What is kept cannot be read back, not even here."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.signin.officials import Cabinet
from gateway.signin.sessions import Level
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.personal.shown import person
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import gate_of

router = APIRouter(prefix="/cabinet/personal/contact", include_in_schema=False)

CHANNELS: Mapping[str, str] = {
    "sms": N_("Text message (SMS)"),
    "e-mail": N_("E-mail"),
    "post": N_("Letter"),
    "portal": N_("Here alone: nothing is sent"),
}
LONGEST = 200


@router.get("")
async def contact(request: Request) -> Response:
    """Show the form. It takes a second factor: who could change it could read what she is told."""
    who = await signed_in(request, Cabinet.PERSONAL, Level.SUBSTANTIAL)
    return _form(request, who, {}, {}, done="done" in request.query_params)


@router.post("")
async def keep(request: Request) -> Response:
    """Keep the contact, sealed under her key; it replaces the one before."""
    who = await signed_in(request, Cabinet.PERSONAL, Level.SUBSTANTIAL)
    form = await form_of(request, who)
    channel, address = form.get("channel"), form.get("address")
    wrong = _wrong(form)
    if wrong:
        return _form(request, who, {"channel": channel, "address": address}, wrong, status=422)
    notices = gate_of(request).oversight.notices
    await notices.keep_contact(person(who), channel, address or channel, who.caller.id)
    return see_other("/cabinet/personal/contact?done")


def _wrong(form: Form) -> dict[str, str]:
    wrong, channel, address = {}, form.get("channel"), form.get("address")
    if channel not in CHANNELS:
        wrong["channel"] = N_("Choose how you want to be told.")
    elif channel != "portal" and not 0 < len(address) <= LONGEST:
        wrong["address"] = N_("Write the number or the address.")
    return wrong


def _form(
    request: Request,
    who: SignedIn,
    typed: dict[str, str],
    wrong: dict[str, str],
    status: int = 200,
    *,
    done: bool = False,
) -> Response:
    return page(
        request,
        who,
        "personal/contact.html",
        status,
        channels=list(CHANNELS.items()),
        typed={"channel": "", "address": "", **typed},
        wrong=wrong,
        done=done,
    )
