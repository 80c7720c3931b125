"""The operator's first page: what needs somebody now, and where to go for it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.signin.officials import Cabinet
from gateway.upkeep import exchanges_by_day
from gateway.web.cabinets.look import look_in
from gateway.web.cabinets.operating.agencies import applying
from gateway.web.cabinets.operating.contracts import waiting_in
from gateway.web.cabinets.operating.keys import ending, record_of
from gateway.web.cabinets.operating.sources import worrying
from gateway.web.cabinets.pictures import columns
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import gate_of

router = APIRouter(include_in_schema=False)


@router.get("/cabinet/operating/")
async def overview(request: Request) -> Response:
    """Show what needs somebody."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    lanes = await gate.outbox.letters.lanes()
    days = await exchanges_by_day(gate.database, gate.zone)
    return page(
        request,
        who,
        "operating/overview.html",
        worrying=worrying(gate),
        sources=len(gate.registries),
        waiting=sum(lane.waiting for lane in lanes),
        letters=sum(lane.letters for lane in lanes),
        drafts=len(waiting_in(gate)),
        in_force=len(gate.pipeline.contracts.contracts),
        ending=ending(gate),
        record=await record_of(gate),
        applying=await applying(gate),
        agencies=len(gate.agencies),
        picture=columns(days, look_in(who.language).words.gettext(N_("Exchanges begun, the last 30 days"))),
        days=days,
    )
