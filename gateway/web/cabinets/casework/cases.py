"""The official's cases; one case with what may be asked in it; a case opened, an identifier added."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Kind
from audit.query import Filter, latest
from contracts.identifiers import InvalidIdentifierError, check
from contracts.vocabulary import CaseId, Identity, PersonName, Purpose, Scheme, Subject
from contracts.words import SchemeWords
from gateway.faults import ConflictError
from gateway.preview import preview
from gateway.signin.officials import Cabinet
from gateway.storage.engine import now
from gateway.web.cabinets.casework.foreseen import read_preview
from gateway.web.cabinets.casework.seat import Seat, seated
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of
from gateway.web.wire import CaseBody, Code

router = APIRouter(prefix="/cabinet/casework", include_in_schema=False)

PAGE = 50
RECENT = 10
CASE_SHAPE = r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}"
FAULTS: Mapping[str, str] = {
    "case": N_("Write the number of the case: letters, digits, dots and dashes, at most 64."),
    "value": N_("This is not such an identifier. Check every digit and letter."),
    "opened": N_("Write the day on which the case was opened."),
    "other": N_("This case is another person's, or the identifiers are of different people."),
}


@router.get("/")
async def listed(
    request: Request,
    after: Annotated[str, Query(max_length=64)] = "",
    past: bool = False,  # noqa: FBT001, FBT002  a query parameter
) -> Response:
    """List the official's cases by number, fifty to a page."""
    who = await signed_in(request, Cabinet.CASEWORK)
    found = await gate_of(request).cases.of_official(
        who.caller.id, who.official, after, PAGE + 1, closed=past
    )
    more = found[PAGE - 1].id if len(found) > PAGE else ""
    return page(
        request,
        who,
        "casework/cases.html",
        cases=found[:PAGE],
        more=more,
        after=after,
        past=past,
        today=now().date(),
    )


@router.get("/find")
async def find(request: Request, case: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Go to a case by its number."""
    who = await signed_in(request, Cabinet.CASEWORK)
    found = await gate_of(request).cases.get(who.caller.id, CaseId(case.strip()))
    return see_other(f"/cabinet/casework/cases/{found.id}")


@router.get("/open")
async def ask_for_case(request: Request) -> Response:
    """Show the form that opens a case."""
    who = await signed_in(request, Cabinet.CASEWORK)
    return _case_form(request, who, {}, {})


@router.post("/open")
async def open_case(request: Request) -> Response:
    """Open a case for a person, with this official on it; what cannot be is shown beside its field."""
    who = await signed_in(request, Cabinet.CASEWORK)
    gate, form = gate_of(request), await form_of(request, who)
    sent = {name: form.get(name) for name in ("case", "scheme", "value", "opened", *NAMES)}
    faults = _faults(sent)
    subject = _subject(gate, form, faults)
    if faults or subject is None:
        return _case_form(request, who, sent, faults)
    try:
        opened = date.fromisoformat(sent["opened"])
        made = await gate.cases.put(
            who.caller.id, CaseId(sent["case"]), subject, [who.official], opened, None, if_match=None
        )
    except ConflictError:
        return _case_form(request, who, sent, {"case": FAULTS["other"]})
    return see_other(f"/cabinet/casework/cases/{made.id}")


@router.get("/cases/{case}")
async def one(request: Request, case: Code, purpose: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Show a case: may I ask, and what would I get; what was asked, the acts, and where to go on."""
    seat = await seated(request, case)
    contracts = seat.contracts()
    widest = max(sorted(contracts), key=lambda each: len(contracts[each].terms), default=None)
    chosen = Purpose(purpose) if Purpose(purpose) in contracts else widest
    foreseen = None
    if chosen and seat.open:
        query = await seat.query(request, chosen)
        shown = await preview(seat.gate.pipeline, seat.who.caller, query)
        await seat.gate.pipeline.log.note(query.event(Kind.READ, seat.who.caller.id, now(), result="preview"))
        foreseen = read_preview(shown, seat.gate.casework.spelling(seat.who.language))
    words = seat.gate.pipeline.contracts.vocabulary
    return page(
        request,
        seat.who,
        "casework/case.html",
        seat=seat,
        purposes=[(each, words.purposes[each]) for each in sorted(contracts)],
        chosen=chosen,
        foreseen=foreseen,
        emergency=chosen is not None and contracts[chosen].emergency is not None,
        exchanges=await _exchanges(seat),
        words=words,
        acts=await seat.gate.casework.assessments.of_case(seat.who.caller.id, seat.case.id),
    )


@router.get("/cases/{case}/identifiers")
async def ask_for_identifier(request: Request, case: Code) -> Response:
    """Show the form by which another identifier of the same person is added."""
    return await _identifier_form(request, await seated(request, case), {}, {})


@router.post("/cases/{case}/identifiers")
async def add_identifier(request: Request, case: Code) -> Response:
    """Add an identifier of the person, so that a register can tell her from others of her name."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    scheme, value = form.get("scheme"), form.get("value")
    try:
        await _extend(seat, scheme, value)
    except (InvalidIdentifierError, ValidationError):
        return await _identifier_form(request, seat, {"scheme": scheme}, {"value": FAULTS["value"]})
    except ConflictError:
        return await _identifier_form(request, seat, {"scheme": scheme}, {"value": FAULTS["other"]})
    return see_other(seat.place)


NAMES = ("family", "given", "patronymic", "birth_date")


async def _extend(seat: Seat, scheme: str, value: str) -> None:
    """Put the case anew with what is on file of the person and one identifier more."""
    case, vocabulary = seat.case, seat.gate.pipeline.contracts.vocabulary
    body = CaseBody(
        subject=await seat.named(),
        identifiers={scheme: value},
        officials=list(case.officials),
        opened=case.opened,
        closed=case.closed,
    )
    await seat.gate.cases.put(
        seat.who.caller.id,
        case.id,
        body.person(vocabulary),
        case.officials,
        case.opened,
        case.closed,
        if_match=case.version,
    )


async def _exchanges(seat: Seat) -> list[Event]:
    """Give the latest histories that were given in this case."""
    wanted = Filter(kind=Kind.RELEASE, agency=seat.who.caller.id, case=seat.case.id)
    async with seat.gate.database.reading() as connection:
        found = await latest(connection, wanted, RECENT)
    return [each.event for each in found]


def _subject(gate: Gate, form: Form, faults: dict[str, str]) -> Subject | None:
    """Read whom a form names; None where it cannot be, with what is wrong in `faults`."""
    vocabulary, scheme = gate.pipeline.contracts.vocabulary, Scheme(form.get("scheme"))
    name = None
    if form.get("family") and form.get("given"):
        name = PersonName(
            form.get("family")[:100], form.get("given")[:100], form.get("patronymic")[:100] or None
        )
    try:
        born = date.fromisoformat(form.get("birth_date")) if form.get("birth_date") else None
        return Subject(Identity({scheme: check(vocabulary, scheme, form.get("value")[:64])}, name, born))
    except (InvalidIdentifierError, ValueError):
        faults["value"] = FAULTS["value"]
        return None


def _faults(sent: dict[str, str]) -> dict[str, str]:
    faults = {}
    if not re.fullmatch(CASE_SHAPE, sent["case"]):
        faults["case"] = FAULTS["case"]
    try:
        date.fromisoformat(sent["opened"])
    except ValueError:
        faults["opened"] = FAULTS["opened"]
    return faults


def _case_form(request: Request, who: SignedIn, sent: dict[str, str], faults: dict[str, str]) -> Response:
    return page(
        request,
        who,
        "casework/open.html",
        422 if faults else 200,
        sent=sent,
        faults=faults,
        today=now().date().isoformat(),
        schemes=_titles(gate_of(request).pipeline.contracts.vocabulary.schemes, who.language),
    )


async def _identifier_form(
    request: Request, seat: Seat, sent: dict[str, str], faults: dict[str, str]
) -> Response:
    known = await seat.gate.kept.schemes_of(seat.case.subject_ref)
    schemes = seat.gate.pipeline.contracts.vocabulary.schemes
    return page(
        request,
        seat.who,
        "casework/identifier.html",
        422 if faults else 200,
        seat=seat,
        sent=sent,
        faults=faults,
        known=[schemes[each] for each in known if each in schemes],
        schemes=[pair for pair in _titles(schemes, seat.who.language) if pair[0] not in known],
    )


def _titles(schemes: Mapping[Scheme, SchemeWords], language: str) -> list[tuple[Scheme, str]]:
    return [(name, getattr(words, language)) for name, words in schemes.items()]
