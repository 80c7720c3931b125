"""What is held for her, promised or given: by whom, in which stage, as the record has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Kind
from audit.query import Filter, latest
from contracts.vocabulary import SubjectRef
from gateway.faults import NotFoundError
from gateway.offers.allocation import Stage
from gateway.signin.officials import Cabinet
from gateway.web.cabinets.personal.shown import Named, person
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of

router = APIRouter(prefix="/cabinet/personal/help", include_in_schema=False)

STAGES: Mapping[str, str] = {
    Stage.HELD: N_("held for you for now"),
    Stage.CONFIRMED: N_("promised to you"),
    Stage.ACCEPTED: N_("accepted by the partner"),
    Stage.DELIVERED: N_("given to you"),
    Stage.RELEASED: N_("no longer held"),
    Stage.EXPIRED: N_("no longer held: its time was over"),
    Stage.REJECTED: N_("the partner could not give it"),
    Stage.RETURNED: N_("returned"),
}
MOST = 200


@dataclass(frozen=True, slots=True)
class Help:
    """One thing for her: `title` is the partner's own words."""

    title: str
    partner: Named | None
    agency: Named
    stage: str
    quantity: int
    at: datetime


async def help_for(gate: Gate, ref: SubjectRef) -> Sequence[Help]:
    """Give each promise to her in its latest stage, the newest first."""
    async with gate.database.reading() as connection:
        found = await latest(connection, Filter(subject_ref=ref, kind=Kind.ALLOCATION), MOST)
    newest: dict[str, Event] = {}
    for each in found:
        newest.setdefault(str(each.event.details["allocation"]), each.event)
    first = {str(each.event.details["allocation"]): each.event for each in found}
    return [await _help(gate, event, first[allocation]) for allocation, event in newest.items()]


@router.get("")
async def helped(request: Request) -> Response:
    """Show what is held for her, promised or given."""
    who = await signed_in(request, Cabinet.PERSONAL)
    found = await help_for(gate_of(request), person(who))
    return page(request, who, "personal/help.html", helped=found)


async def _help(gate: Gate, event: Event, held: Event) -> Help:
    """Put a promise into words; `held` is its first entry, which names whoever asked for it."""
    words = gate.oversight.wordings
    try:
        offer = await gate.offering.offers.get(str(event.details["offer"]))
    except NotFoundError:
        offer = None
    return Help(
        title=str(offer.content.get("title", "")) if offer else "",
        partner=words.agency(offer.partner) if offer else None,
        agency=words.agency(held.agency),
        stage=STAGES.get(event.result, event.result),
        quantity=int(str(event.details["quantity"])),
        at=event.at,
    )
