"""The way in: the first page, the cabinets of whoever signed in, and the language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.signin.desk import NotSignedInError
from gateway.signin.officials import Cabinet
from gateway.web.cabinets.shell import (
    LANGUAGE_COOKIE,
    cabinets_of,
    local,
    page,
    see_other,
)
from gateway.web.cabinets.words import N_
from gateway.web.gate import gate_of

router = APIRouter(include_in_schema=False)

YEAR = 365 * 24 * 3600
CABINETS: Mapping[Cabinet, tuple[str, str]] = MappingProxyType(
    {
        Cabinet.CASEWORK: (
            N_("Case worker"),
            N_("Ask for a social history, capture a consent, assess needs, find help nearby."),
        ),
        Cabinet.PARTNERING: (
            N_("Partner"),
            N_("Offer help, confirm requests, report deliveries."),
        ),
        Cabinet.AUDITING: (
            N_("Auditor"),
            N_("See who looked, why and on what ground, and prove it."),
        ),
        Cabinet.PERSONAL: (
            N_("My data"),
            N_("See who looked at your data, and decide on your consents."),
        ),
        Cabinet.OPERATING: (
            N_("Operator"),
            N_("Watch over sources, queues, contracts, keys and the record."),
        ),
    }
)


@router.get("/")
async def start(request: Request) -> Response:
    """Show the cabinets that there are."""
    shown = [(each.value, *CABINETS[each]) for each in CABINETS]
    return page(request, None, "start.html", cabinets=shown)


@router.get("/cabinet/")
async def choose(request: Request) -> Response:
    """Open the one cabinet of whoever signed in, or let her choose."""
    open_to = await cabinets_of(request)
    if not open_to:
        raise NotSignedInError
    if len(open_to) == 1:
        return see_other(f"/cabinet/{next(iter(open_to))}/")
    shown = [(each.value, *CABINETS[each]) for each in CABINETS if each in open_to]
    return page(request, None, "start.html", cabinets=shown)


@router.get("/language/{language}")
async def speak(request: Request, language: Literal["uk", "en"]) -> Response:
    """Change the language of all pages, and go back to where it was changed."""
    response = see_other(local(request.query_params.get("next", "/"), "/"))
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=YEAR, samesite="lax", secure=gate_of(request).desk.secure
    )
    return response
