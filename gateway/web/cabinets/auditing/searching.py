"""Looking for entries: filters as a form, the newest first, and a case, an official or a person in time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Kind
from audit.query import Filter, latest
from audit.timeline import timeline
from gateway.signin.officials import Cabinet
from gateway.web.bodies import LARGEST_INDEX
from gateway.web.cabinets.auditing.shown import KINDS, chapters_of, entries_of, note
from gateway.web.cabinets.personal.looks import midnight
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of

router = APIRouter(prefix="/cabinet/auditing", include_in_schema=False)

PAGE, CHAPTERS = 50, 500
CODES = ("agency", "official", "purpose", "source", "outcome", "case", "subject_ref", "exchange_id")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}")
LONGEST_TEXT = 200

Cursor = Annotated[int | None, Query(ge=0, le=LARGEST_INDEX)]


@dataclass(frozen=True, slots=True)
class Sought:
    """What a form asks for: the filter, what was typed, and what cannot be looked for."""

    wanted: Filter
    typed: Mapping[str, str]
    wrong: Mapping[str, str]


def sought(gate: Gate, typed: Mapping[str, str]) -> Sought:
    """Read the fields of a search; an empty field lets everything through."""
    given = {name: typed.get(name, "").strip() for name in (*CODES, "kind", "since", "until", "text")}
    wrong = {
        name: N_("This is no code.") for name in CODES if given[name] and not _CODE.fullmatch(given[name])
    }
    if given["kind"] and given["kind"] not in set(Kind):
        wrong["kind"] = N_("There is no such kind.")
    code = {name: given[name] or None for name in CODES if name not in wrong}
    wanted = Filter(
        start=midnight(gate, given["since"]),
        end=midnight(gate, given["until"], days=1),
        kind=Kind(given["kind"]) if given["kind"] and "kind" not in wrong else None,
        agency=code.get("agency"),
        official=code.get("official"),
        purpose=code.get("purpose"),
        source=code.get("source"),
        outcome=code.get("outcome"),
        case=code.get("case"),
        subject_ref=code.get("subject_ref"),
        exchange_id=code.get("exchange_id"),
        text=given["text"][:LONGEST_TEXT] or None,
    )
    if wanted.text and not wanted.narrow:
        wrong["text"] = N_("Words are looked for within what another filter finds: fill in one more.")
    return Sought(wanted, given, wrong)


@router.get("/search")
async def search(request: Request, before: Cursor = None) -> Response:
    """Show entries that fit, the newest first."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    asked = sought(gate, request.query_params)
    found = []
    if not asked.wrong:
        async with gate.database.reading() as connection:
            found = await latest(connection, asked.wanted, PAGE, before)
        await note(request, who, "search", len(found))
    return page(
        request,
        who,
        "auditing/search.html",
        422 if asked.wrong else 200,
        typed=asked.typed,
        wrong=asked.wrong,
        kinds=[(kind.value, words) for kind, words in KINDS.items()],
        entries=await entries_of(gate, who, found),
        earlier=found[-1].index if len(found) == PAGE else None,
        later=before is not None,
        choices=_choices(gate),
    )


@router.get("/timeline")
async def in_time(request: Request) -> Response:
    """Show a case, an official or a person in time: one line for each exchange, the newest first."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    asked = sought(
        gate, {name: request.query_params.get(name, "") for name in ("case", "official", "subject_ref")}
    )
    chapters = []
    if any(asked.typed.values()) and not asked.wrong:
        async with gate.database.reading() as connection:
            entries = await latest(connection, asked.wanted, CHAPTERS)
        chapters = timeline(reversed(entries))[::-1]
        await note(request, who, "timeline", len(chapters))
    return page(
        request,
        who,
        "auditing/timeline.html",
        422 if asked.wrong else 200,
        typed=asked.typed,
        wrong=asked.wrong,
        asked=any(asked.typed.values()),
        chapters=await chapters_of(gate, who, chapters),
        names=gate.oversight.wordings,
        most=CHAPTERS,
    )


def _choices(gate: Gate) -> Mapping[str, list[tuple[str, Mapping[str, str]]]]:
    """Give what a field can be chosen from, so that nobody has to know codes by heart."""
    vocabulary, words = gate.pipeline.contracts.vocabulary, gate.oversight.wordings
    return {
        "agency": [(each, words.agency(each)) for each in sorted(gate.agencies)],
        "purpose": [(each, words.purpose(each)) for each in sorted(vocabulary.purposes)],
        "source": [(each, words.source(each)) for each in sorted(vocabulary.sources)],
    }
