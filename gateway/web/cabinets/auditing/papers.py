"""What leaves as files: packs of evidence, exports with how far they have come."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Kind
from audit.query import Filter, latest
from gateway.faults import ConflictError, NotFoundError
from gateway.signin.officials import Cabinet
from gateway.web.cabinets.auditing.searching import sought
from gateway.web.cabinets.auditing.shown import entries_of
from gateway.web.cabinets.shell import SignedIn, form_of, page, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.exports import pack_of, record_as_files, streamed
from gateway.web.gate import gate_of

router = APIRouter(prefix="/cabinet/auditing", include_in_schema=False)

FORMATS = (
    ("files", N_("The whole record as files, to be verified")),
    ("csv", N_("A table (CSV)")),
    ("jsonl", N_("Entries as they are (JSON lines)")),
    ("fhir", N_("FHIR audit events")),
)
EVIDENCE = ("case", "official", "agency", "subject_ref", "exchange_id")
LATEST = 20


@router.get("/exports")
async def exports(request: Request) -> Response:
    """Show the forms, the exports that run now with their progress, and the latest ones on record."""
    who = await signed_in(request, Cabinet.AUDITING)
    return await _exports(request, who, {}, {})


@router.get("/exports/running")
async def running(request: Request) -> Response:
    """Show the progress alone: a part of the page that refreshes by itself where there is JavaScript."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    return page(request, who, "auditing/running.html", running=gate.oversight.exports.running())


@router.post("/exports")
async def export(request: Request) -> Response:
    """Give the record in the format that was chosen, within the filters; the browser keeps it as a file."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    form = await form_of(request, who)
    typed = {name: form.get(name) for name in (*EVIDENCE, "since", "until", "format")}
    asked, shape = sought(gate, typed), typed["format"]
    wrong = dict(asked.wrong)
    if shape not in dict(FORMATS):
        wrong["format"] = N_("Choose a format.")
    if wrong:
        return await _exports(request, who, typed, wrong, 422)
    if shape == "files":
        return await record_as_files(request, gate, who.caller)
    begun = await gate.oversight.exports.begin(who.caller.id, shape, asked.wanted, who.official)
    response = streamed(gate, begun)
    name: Literal["csv", "jsonl", "ndjson"] = (
        "csv" if shape == "csv" else "jsonl" if shape == "jsonl" else "ndjson"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="record-{begun.id}.{name}"'
    return response


@router.post("/evidence")
async def evidence(request: Request) -> Response:
    """Give entries with their proofs and a summary, sealed by the log, as one file."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    form = await form_of(request, who)
    typed = {name: form.get(name) for name in (*EVIDENCE, "since", "until")}
    asked = sought(gate, typed)
    wrong = dict(asked.wrong)
    if not any(typed[name] for name in EVIDENCE):
        wrong["case"] = N_("Say what it is about: a case, an official, an agency, a person or an exchange.")
    if wrong:
        return await _exports(request, who, typed, wrong, 422)
    try:
        return await pack_of(gate, who.caller, asked.wanted)
    except NotFoundError:
        return await _exports(request, who, typed, {"case": N_("Nothing fits.")}, 404)
    except ConflictError:
        return await _exports(
            request, who, typed, {"case": N_("More fits than a pack holds: narrow it.")}, 409
        )


async def _exports(
    request: Request, who: SignedIn, typed: dict[str, str], wrong: dict[str, str], status: int = 200
) -> Response:
    gate = gate_of(request)
    async with gate.database.reading() as connection:
        found = await latest(connection, Filter(kind=Kind.EXPORT), LATEST)
    counts = [each.event.details.get("count", 0) for each in found]
    return page(
        request,
        who,
        "auditing/exports.html",
        status,
        formats=FORMATS,
        typed={name: typed.get(name, "") for name in (*EVIDENCE, "since", "until", "format")},
        wrong=wrong,
        running=gate.oversight.exports.running(),
        done=list(zip(await entries_of(gate, who, found), counts, strict=True)),
    )
