"""Emergency access with its brake: a reason, a second factor, who will be told, and the review afterwards."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Kind
from contracts.vocabulary import Purpose
from gateway.consent.emergencies import Verdict
from gateway.faults import ConflictError, NotFoundError
from gateway.signin.officials import Cabinet
from gateway.signin.sessions import Level
from gateway.storage.engine import now
from gateway.web.cabinets.casework.asking import asked
from gateway.web.cabinets.casework.seat import Seat, seated
from gateway.web.cabinets.shell import form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import gate_of
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/casework", include_in_schema=False)

FRESH = timedelta(minutes=15)
"""How long ago at most the official must have signed in with a second factor."""
SHORTEST, LONGEST = 20, 500
LONGEST_NOTE = 2000
TOO_SHORT = N_("Write in at least twenty characters what danger there is.")
NOTE_TOO_SHORT = N_("Write in at least twenty characters what you found.")


@router.get("/cases/{case}/emergency")
async def begin(request: Request, case: Code, purpose: Annotated[str, Query(max_length=64)]) -> Response:
    """Ask for the reason."""
    await signed_in(request, Cabinet.CASEWORK, Level.SUBSTANTIAL, FRESH)
    return _page(request, await seated(request, case), purpose, "", "", confirm=False)


@router.post("/cases/{case}/emergency")
async def declare(request: Request, case: Code) -> Response:
    """Show who will be told and by when it is reviewed; declared only by the second press."""
    await signed_in(request, Cabinet.CASEWORK, Level.SUBSTANTIAL, FRESH)
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    purpose, reason = form.get("purpose"), form.get("reason")
    shown = partial(_page, request, seat, purpose, reason)
    if not SHORTEST <= len(reason) <= LONGEST:
        return shown(TOO_SHORT, confirm=False)
    if form.get("confirmed") != "yes":
        return shown("", confirm=True)
    return await asked(seat, await seat.query(request, purpose, reason))


def _page(request: Request, seat: Seat, purpose: str, reason: str, fault: str, *, confirm: bool) -> Response:
    contract = seat.contracts().get(Purpose(purpose))
    if contract is None or contract.emergency is None:
        raise NotFoundError
    terms, spelling = contract.emergency, seat.gate.casework.spelling(seat.who.language)
    gives = [
        (
            spelling.source(source),
            [spelling.title(name) for name, rule in each.fields.items() if rule.emergency],
        )
        for source, each in contract.terms.items()
    ]
    return page(
        request,
        seat.who,
        "casework/emergency.html",
        422 if fault else 200,
        seat=seat,
        purpose=purpose,
        title=seat.gate.pipeline.contracts.vocabulary.purposes[Purpose(purpose)],
        reason=reason,
        fault=fault,
        confirm=confirm,
        minutes=int(terms.lasting.total_seconds() // 60),
        hours=int(terms.review.total_seconds() // 3600),
        citation=terms.citation,
        entitled=seat.who.role in terms.roles,
        gives=[(source, titles) for source, titles in gives if titles],
    )


@router.get("/emergencies")
async def listed(request: Request) -> Response:
    """List the agency's emergencies, those to be reviewed first."""
    who = await signed_in(request, Cabinet.CASEWORK)
    found = await gate_of(request).pipeline.emergencies.of(who.caller.id, unreviewed=False)
    ordered = sorted(found, key=lambda each: (each.reviewed_at is not None, each.review_due))
    return page(request, who, "casework/emergencies.html", emergencies=ordered, at=now())


@router.get("/emergencies/{emergency_id}")
async def one(request: Request, emergency_id: Code) -> Response:
    """Show one with the words of the official who declared it. The reading is on record."""
    return await _review(request, emergency_id, "")


@router.post("/emergencies/{emergency_id}")
async def review(request: Request, emergency_id: Code) -> Response:
    """Take the word of a second person, never of the one who declared it."""
    who = await signed_in(request, Cabinet.CASEWORK)
    form = await form_of(request, who)
    note, verdict = form.get("note"), form.get("verdict")
    if not SHORTEST <= len(note) <= LONGEST_NOTE or verdict not in {each.value for each in Verdict}:
        return await _review(request, emergency_id, NOTE_TOO_SHORT)
    try:
        await gate_of(request).pipeline.emergencies.review(
            emergency_id, who.caller.id, who.official, Verdict(verdict), note
        )
    except ConflictError:
        return await _review(request, emergency_id, N_("You declared it yourself, or it has been reviewed."))
    return see_other("/cabinet/casework/emergencies")


async def _review(request: Request, emergency_id: str, fault: str) -> Response:
    who = await signed_in(request, Cabinet.CASEWORK)
    gate = gate_of(request)
    emergencies = gate.pipeline.emergencies
    found = await emergencies.of(who.caller.id, unreviewed=False)
    shown = next((each for each in found if each.id == emergency_id), None)
    if shown is None:
        raise NotFoundError
    words = await emergencies.reason(emergency_id, who.caller.id)
    read = Event(
        Kind.READ,
        now(),
        exchange_id=emergency_id,
        agency=who.caller.id,
        official=who.official,
        result="emergency-reason",
    )
    await gate.pipeline.log.note(read)
    return page(
        request,
        who,
        "casework/review.html",
        422 if fault else 200,
        emergency=shown,
        words=words,
        fault=fault,
        own=shown.official == who.official,
    )
