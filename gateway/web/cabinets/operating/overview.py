"""The operator's first page: what needs somebody now, and where to go for it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.signin.officials import Cabinet
from gateway.web.cabinets.operating.sources import lines_of, worrying
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.gate import gate_of

router = APIRouter(include_in_schema=False)


@router.get("/cabinet/operating/")
async def overview(request: Request) -> Response:
    """Show what needs somebody."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    sources = lines_of(gate, who.language)
    return page(request, who, "operating/overview.html", worrying=worrying(sources), sources=len(sources))
