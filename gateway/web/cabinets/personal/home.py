"""The first page of a person: what waits for her, and who looked last. Also what is held and recalled."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.consent.recalls import Recall
from gateway.signin.officials import Cabinet
from gateway.storage.engine import now
from gateway.web.cabinets.personal.helped import help_for
from gateway.web.cabinets.personal.shown import RECALL_OUTCOMES, Agreed, Look, person
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.gate import gate_of

router = APIRouter(prefix="/cabinet/personal", include_in_schema=False)

LATEST = 3


@router.get("/")
async def home(request: Request) -> Response:
    """Show what waits for her answer, how much there is of everything, and the latest three looks."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate, ref = gate_of(request), person(who)
    statement = await gate.oversight.statements.recent(who.caller.id, ref, None, LATEST)
    asked = [each for each in await gate.grounds.requests.of(ref) if each.state(now()) == "asked"]
    agreed = [Agreed.of(gate, each) for each in await gate.grounds.consents.of(ref)]
    recalls = await gate.grounds.recalls.of_person(ref)
    appeals = await gate.oversight.appeals.of(ref)
    return page(
        request,
        who,
        "personal/home.html",
        looks=[Look.of(gate, line) for line in statement.lines],
        asked=len(asked),
        in_force=sum(each.in_force for each in agreed),
        unanswered=sum(each.acknowledged_at is None for each in recalls),
        considered=sum(each.answered_at is None for each in appeals),
        helped=len(await help_for(gate, ref)),
    )


@router.get("/recalls")
async def recalls(request: Request) -> Response:
    """Show who had received what rested on a withdrawn consent, and who has not answered."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate, today = gate_of(request), now().date()
    words = gate.oversight.wordings

    def shown(recall: Recall) -> dict[str, object]:
        return {
            "recall": recall,
            "agency": words.agency(recall.agency),
            "purpose": words.purpose(recall.purpose),
            "outcome": RECALL_OUTCOMES.get(recall.outcome, ""),
            "overdue": recall.is_overdue(today),
        }

    found = [shown(each) for each in await gate.grounds.recalls.of_person(person(who))]
    return page(request, who, "personal/recalls.html", recalls=found)
