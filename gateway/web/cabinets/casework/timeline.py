"""What happened in a case, the newest first, by the record itself: who asked, what came, what was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Kind
from audit.query import Filter, Recorded, latest
from gateway.spelling import Spelling
from gateway.web.bodies import LARGEST_INDEX
from gateway.web.cabinets.casework.history import reason_words
from gateway.web.cabinets.casework.seat import seated
from gateway.web.cabinets.shell import page
from gateway.web.cabinets.words import N_
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/casework/cases/{case}", include_in_schema=False)

PAGE = 50
TOLD: Mapping[str, str] = {
    "intent": N_("A social history was asked for"),
    "release": N_("A social history was given"),
    "refusal": N_("A question was refused"),
    "abandoned": N_("A question was broken off"),
    "delivery": N_("A kept history was read, or acknowledged"),
    "consent": N_("A consent"),
    "case": N_("The case was opened or changed"),
    "correction": N_("A correction was asked for"),
    "emergency": N_("Emergency access"),
    "offer": N_("Help was looked for"),
    "allocation": N_("Help was promised or given"),
    "assessment": N_("The act of needs assessment"),
    "referral": N_("A referral to another agency"),
    "push": N_("A message to another agency"),
    "notice": N_("The person was told"),
    "appeal": N_("The person objected or complained"),
    "protection": N_("The person's safety"),
    "alarm": N_("Something was stopped"),
    "read": N_("The record was read"),
}
RESULTS: Mapping[str, str] = {
    "given": N_("given"),
    "withdrawn": N_("withdrawn"),
    "refused": N_("refused"),
    "opened": N_("opened"),
    "changed": N_("changed"),
    "declared": N_("declared"),
    "reviewed": N_("reviewed"),
    "begun": N_("begun"),
    "completed": N_("completed"),
    "exported": N_("taken away as a file"),
    "read": N_("opened for reading"),
    "read-again": N_("read again"),
    "acknowledged": N_("acknowledged"),
    "searched": N_("searched"),
    "held": N_("held"),
    "confirmed": N_("confirmed"),
    "accepted": N_("accepted"),
    "delivered": N_("delivered"),
    "rejected": N_("rejected"),
    "released": N_("given back"),
    "recorded": N_("recorded"),
    "preview": N_("looked at beforehand"),
    "sent": N_("sent"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry as it is told. `sources` are those that spoke, `more` leads to its own page."""

    at: datetime
    what: str
    result: str
    official: str
    reason: str
    sources: Sequence[str]
    index: int
    more: str


@router.get("/timeline")
async def timeline(
    request: Request,
    case: Code,
    before: Annotated[int | None, Query(ge=0, le=LARGEST_INDEX)] = None,
) -> Response:
    """Show what the record tells of a case, fifty entries to a page."""
    seat = await seated(request, case)
    wanted = Filter(agency=seat.who.caller.id, case=seat.case.id)
    async with seat.gate.database.reading() as connection:
        found = await latest(connection, wanted, PAGE + 1, before)
    spelling = seat.gate.casework.spelling(seat.who.language)
    await seat.gate.pipeline.log.note(
        Event(
            Kind.READ,
            seat.gate.pipeline.clock.readings()[1],
            agency=seat.who.caller.id,
            official=seat.who.official,
            case=seat.case.id,
            result="timeline",
            details={"count": len(found[:PAGE])},
        )
    )
    return page(
        request,
        seat.who,
        "casework/timeline.html",
        seat=seat,
        happenings=[_happening(each, seat.place, spelling) for each in found[:PAGE]],
        older=found[PAGE - 1].index if len(found) > PAGE else None,
        before=before,
    )


def _happening(recorded: Recorded, place: str, spelling: Spelling) -> Happening:
    event = recorded.event
    reason, _ = (
        reason_words(event.reason, spelling.vocabulary, spelling.language) if event.reason else ("", "")
    )
    return Happening(
        at=event.at,
        what=TOLD.get(event.kind.value, event.kind.value),
        result="" if event.kind is Kind.RELEASE else RESULTS.get(event.result, event.result),
        official=event.official,
        reason=reason,
        sources=[spelling.source(name) for name in _sources(event)],
        index=recorded.index,
        more=_more(event, place),
    )


def _sources(event: Event) -> list[str]:
    listed: Any = event.details.get("sources") if event.kind is Kind.RELEASE else ()
    return [each["source"] for each in listed or () if each.get("fields")]


def _more(event: Event, place: str) -> str:
    if event.kind is Kind.RELEASE:
        return f"{place}/history/{event.exchange_id}"
    if event.kind is Kind.ASSESSMENT:
        return f"{place}/acts/{event.details['assessment']}"
    return ""
