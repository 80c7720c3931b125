"""Requests, as criteria alone: answered, delivered, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.offers.allocation import Stage
from gateway.storage.engine import now
from gateway.web.cabinets.partnering.desk import PAGE, at_desk, sheet_of
from gateway.web.cabinets.partnering.words import REASONS, RETURNS, STAGES
from gateway.web.cabinets.shell import form_of, local, page, see_other
from gateway.web.cabinets.words import N_
from gateway.web.promises import take_step

router = APIRouter(include_in_schema=False)
Tab = Literal["new", "accepted", "delivered", "closed"]
TABS: Final[Mapping[str, tuple[str, frozenset[Stage]]]] = MappingProxyType(
    {
        "new": (N_("New"), frozenset({Stage.CONFIRMED})),
        "accepted": (N_("To be delivered"), frozenset({Stage.ACCEPTED})),
        "delivered": (N_("Delivered"), frozenset({Stage.DELIVERED})),
        "closed": (
            N_("Closed"),
            frozenset({Stage.REJECTED, Stage.RETURNED, Stage.RELEASED, Stage.EXPIRED}),
        ),
    }
)
STEPS: Final[Mapping[str, Stage]] = MappingProxyType(
    {
        "accept": Stage.ACCEPTED,
        "reject": Stage.REJECTED,
        "deliver": Stage.DELIVERED,
        "return": Stage.RETURNED,
    }
)
Step = Literal["accept", "reject", "deliver", "return"]


@router.get("/cabinet/partnering/requests")
async def requests(request: Request, tab: Tab = "new", after: str = "") -> Response:
    """List what was promised of the partner's offers, one state at a time, the oldest first."""
    gate, who = await at_desk(request)
    found = await gate.offering.overview.requests(who.caller.id, TABS[tab][1], after, PAGE + 1)
    return page(
        request,
        who,
        "partnering/requests.html",
        sheet=sheet_of(found, [each.allocation.id for each in found]),
        tab=tab,
        tabs=TABS,
        stages=STAGES,
        stage=Stage,
        reasons=REASONS,
        returns=RETURNS,
        taxonomy=gate.offering.taxonomy,
        codifier=gate.offering.codifier,
        at=now(),
    )


@router.post("/cabinet/partnering/requests/{allocation_id}/{step}")
async def take(request: Request, allocation_id: str, step: Step) -> Response:
    """Answer a request, or say what became of it, and come back to the list."""
    gate, who = await at_desk(request)
    form = await form_of(request, who)
    chosen = form.get("reason", "not-stated")
    reason = chosen if chosen in {**REASONS, **RETURNS} else "not-stated"
    await take_step(
        gate, who.caller, allocation_id, STEPS[step], reason if step in {"reject", "return"} else ""
    )
    return see_other(local(form.get("back"), "/cabinet/partnering/requests"))
