"""A consent captured on the spot: read in either language, seen by a witness, with a receipt to print."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from contracts.facts import Giver
from contracts.vocabulary import Purpose
from gateway.consent.consents import Consent, notice_digest
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.preview import preview
from gateway.storage.engine import now
from gateway.web.cabinets.casework.foreseen import lacking_consent
from gateway.web.cabinets.casework.seat import Seat, seated
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.shell import form_of, page, see_other
from gateway.web.cabinets.words import N_
from gateway.web.consents import put_on_file, receipt_of
from gateway.web.ground_wire import AssistanceBody, ConsentBody
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/casework/cases/{case}/consents", include_in_schema=False)

YEAR = timedelta(days=365)
LARGEST_SCAN = 5 * 1024 * 1024
FAULTS: Mapping[str, str] = {
    "language": N_("Say in which language the text was read."),
    "given_by": N_("Say who consents."),
    "evidence": N_("Name the document that gives the right to consent for another."),
    "until": N_("Write a day within the next five years."),
    "witness": N_("Name the witness by her number, letters and digits; another person than you."),
    "paper": N_("Choose the picture or scan of the signed paper, at most 5 MB."),
    "agreed": N_("Say what the person answered."),
}
WRONG: Mapping[str, str] = {
    "/evidence": "evidence",
    "/until": "until",
    "/authority_until": "until",
    "/assistance/witness": "witness",
}
"""Which field of the form a place of the body is."""


@router.get("")
async def listed(request: Request, case: Code) -> Response:
    """List the person's consents to this agency, the newest first."""
    seat = await seated(request, case)
    on_file = await seat.gate.consents.of(seat.case.subject_ref)
    mine = [each for each in on_file if each.consumer == seat.who.caller.id]
    words = seat.gate.pipeline.contracts.vocabulary
    return page(request, seat.who, "casework/consents.html", seat=seat, consents=mine, at=now(), words=words)


@router.get("/new")
async def ask(request: Request, case: Code, purpose: Annotated[str, Query(max_length=64)]) -> Response:
    """Show the text that is read to the person, and what is written down of her answer."""
    return await _form(request, await seated(request, case), purpose, Form({}), {})


@router.post("/new")
async def give(request: Request, case: Code) -> Response:
    """File what the person answered. The scan of the paper is not kept, only its digest."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who, LARGEST_SCAN)
    faults = _faults(form)
    if not faults:
        try:
            filed = await put_on_file(seat.gate, seat.who.caller, await _body(seat, form))
        except BodyInvalidError as error:
            places = [WRONG.get(each["pointer"], "") for each in error.places]
            faults = {name: FAULTS[name] for name in places if name} or {"until": FAULTS["until"]}
        except ValidationError:
            faults = {"witness": FAULTS["witness"]}
        else:
            return see_other(f"{seat.place}/consents/{filed.id}")
    return await _form(request, seat, form.get("purpose"), form, faults)


@router.get("/{consent_id}")
async def receipt(request: Request, case: Code, consent_id: Code) -> Response:
    """Show the person's copy of a consent, signed by the log, to be printed."""
    seat = await seated(request, case)
    consent = await _mine(seat, consent_id)
    return page(
        request,
        seat.who,
        "casework/receipt.html",
        seat=seat,
        consent=consent,
        record=receipt_of(seat.gate, consent),
        at=now(),
    )


@router.post("/{consent_id}/withdrawal")
async def withdraw(request: Request, case: Code, consent_id: Code) -> Response:
    """Withdraw it on the person's word, for every release that is not yet on record."""
    seat = await seated(request, case)
    await form_of(request, seat.who)
    consent = await _mine(seat, consent_id)
    await seat.gate.grounds.recalls.withdraw(consent, seat.who.caller.id, "not-stated")
    await seat.gate.grounds.purging.purge()
    return see_other(f"{seat.place}/consents/{consent_id}")


async def _mine(seat: Seat, consent_id: str) -> Consent:
    consent = await seat.gate.consents.get(consent_id)
    if consent.subject_ref != seat.case.subject_ref or consent.consumer != seat.who.caller.id:
        raise NotFoundError
    return consent


async def _form(request: Request, seat: Seat, purpose: str, form: Form, faults: dict[str, str]) -> Response:
    query = await seat.query(request, purpose)
    shown = await preview(seat.gate.pipeline, seat.who.caller, query)
    words = seat.gate.pipeline.contracts.vocabulary
    contract = seat.contracts()[Purpose(purpose)]
    by_consent = sorted(name for name, terms in contract.terms.items() if terms.basis == "consent")
    return page(
        request,
        seat.who,
        "casework/consent.html",
        422 if faults else 200,
        seat=seat,
        purpose=purpose,
        title=words.purposes[Purpose(purpose)],
        texts=shown["consent_text"],
        sources=[(name, words.sources[name]) for name in by_consent],
        lacking=lacking_consent(shown) or by_consent,
        sent=form,
        faults=faults,
        until=(now() + YEAR).date().isoformat(),
        givers=GIVERS,
    )


GIVERS: Sequence[tuple[str, str]] = [
    ("self", N_("the person herself or himself")),
    ("parent", N_("a parent")),
    ("guardian", N_("a guardian or trustee")),
]


def _faults(form: Form) -> dict[str, str]:
    wanting = [name for name in ("language", "given_by", "witness", "agreed") if not form.get(name)]
    if form.get("given_by") not in {"", "self"} and not form.get("evidence"):
        wanting.append("evidence")
    if not form.all("sources"):
        wanting.append("agreed")
    if not form.file("paper"):
        wanting.append("paper")
    try:
        date.fromisoformat(form.get("until"))
    except ValueError:
        wanting.append("until")
    return {name: FAULTS[name] for name in wanting}


async def _body(seat: Seat, form: Form) -> ConsentBody:
    """Write the consent as the interface takes it; the person is the case's."""
    purpose, language = Purpose(form.get("purpose")), form.get("language")
    if purpose not in seat.contracts():
        raise NotFoundError
    text: str = getattr(seat.gate.pipeline.contracts.vocabulary.purposes[purpose].notice, language, "")
    given_by = Giver(form.get("given_by"))
    return ConsentBody(
        subject=await seat.named(),
        consumer=seat.who.caller.id,
        purpose=purpose,
        sources=list(form.all("sources")),
        given_by=given_by,
        evidence="" if given_by is Giver.SELF else form.get("evidence"),
        notice_digest=notice_digest(text),
        language=language,
        until=datetime.combine(date.fromisoformat(form.get("until")), time(), UTC),
        assistance=AssistanceBody(
            official=seat.who.official,
            witness=form.get("witness"),
            scan_digest=f"sha-256:{hashlib.sha256(form.file('paper')).hexdigest()}",
        ),
        answer="given" if form.get("agreed") == "yes" else "refused",
    )
