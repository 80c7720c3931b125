"""The partner's first page: what waits for an answer, for a delivery, for a confirmation."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import NotFoundError
from gateway.offers.allocation import Stage
from gateway.storage.engine import now
from gateway.web.cabinets.partnering.desk import ASKED_AFTER, at_desk
from gateway.web.cabinets.partnering.words import REGISTERED, STANDINGS
from gateway.web.cabinets.shell import page

router = APIRouter(include_in_schema=False)
SHOWN = 10


@router.get("/cabinet/partnering/")
async def overview(request: Request) -> Response:
    """Show what is due, the most urgent first."""
    gate, who = await at_desk(request)
    at, mine = now(), gate.offering.overview
    return page(
        request,
        who,
        "partnering/overview.html",
        tallies=await mine.tallies(who.caller.id, at - ASKED_AFTER, at),
        stages=Stage,
        unconfirmed=await mine.unconfirmed(who.caller.id, at - ASKED_AFTER, SHOWN),
        at=at,
    )


@router.get("/cabinet/partnering/organisation")
async def organisation(request: Request) -> Response:
    """Show how the organisation stands with the operator, and how it is known here."""
    gate, who = await at_desk(request)
    try:
        applied = await gate.offering.partners.get(who.caller.id)
    except NotFoundError:  # it stands in the deployment's own list
        applied = None
    return page(
        request,
        who,
        "partnering/organisation.html",
        agency=who.caller.agency,
        applied=applied,
        standings=STANDINGS,
        registered=REGISTERED,
    )
