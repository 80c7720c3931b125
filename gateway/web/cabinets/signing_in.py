"""Signing in and out: to the identity provider and back, each on record before the browser is told."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import NotFoundError
from gateway.signin.attempts import LASTS
from gateway.signin.provider import (
    Attempt,
    Provider,
    ProviderUnavailableError,
    SignInRefusedError,
)
from gateway.signin.sessions import Level
from gateway.web.cabinets.shell import (
    check_form,
    cookie_name,
    language_of_page,
    local,
    page,
    see_other,
)
from gateway.web.gate import gate_of

router = APIRouter(include_in_schema=False)

ATTEMPT_COOKIE = "obmin-attempt"
LONGEST = 200
MOST_BACK = 10


@router.get("/sign-in")
async def begin(
    request: Request,
    level: Literal["low", "substantial", "high"] = "low",
    within: Annotated[int | None, Query(ge=0, le=86_400)] = None,
) -> Response:
    """Send the browser to the identity provider, with what must come back kept by the browser, sealed."""
    following = local(request.query_params.get("next", ""))
    attempt = Attempt.begin(following, Level[level.upper()], within)
    response = see_other(await _provider(request).way(attempt, language_of_page(request)))
    _keep(request, response, _attempt(request), gate_of(request).desk.attempts.seal(attempt))
    return response


@router.get("/sign-in/back")
async def back(request: Request) -> Response:
    """Take what the identity provider sends back, and open the page that was wanted."""
    desk, provider = gate_of(request).desk, _provider(request)
    name = cookie_name(request)
    try:
        attempt = desk.attempts.open(request.cookies.get(_attempt(request), ""))
        identified = await provider.identify(attempt, _said(request))
        key = await desk.admit(identified, attempt.next, request.cookies.get(name, ""))
    except SignInRefusedError as error:
        await desk.note("refused", reason=error.code)
        raise
    response = see_other(attempt.next)
    _keep(request, response, name, key, None)
    response.delete_cookie(_attempt(request), path="/", secure=gate_of(request).desk.secure, httponly=True)
    return response


@router.post("/sign-out")
async def leave(request: Request) -> Response:
    """End the session, on record, and forget the cookie."""
    desk, name = gate_of(request).desk, cookie_name(request)
    key = request.cookies.get(name, "")
    session = await desk.sessions.find(key) if key else None
    if session:
        await check_form(request, key)
        await desk.leave(session, key)
    response = see_other("/sign-out")
    response.delete_cookie(name, path="/", secure=gate_of(request).desk.secure, httponly=True)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/sign-out")
async def left(request: Request) -> Response:
    """Say that the session is over, and where the provider's own one ends."""
    provider = gate_of(request).desk.provider
    try:
        elsewhere = await provider.leave() if provider else None
    except ProviderUnavailableError:
        elsewhere = None
    return page(request, None, "signed-out.html", elsewhere=elsewhere)


def _provider(request: Request) -> Provider:
    provider = gate_of(request).desk.provider
    if provider is None:
        raise NotFoundError
    return provider


def _said(request: Request) -> dict[str, str]:
    """Read what came back, each member once: two of a kind are somebody's trick."""
    pairs = request.query_params.multi_items()
    said = dict(pairs)
    if len(pairs) > MOST_BACK or len(said) != len(pairs):
        raise SignInRefusedError("answer-malformed")
    return said


def _attempt(request: Request) -> str:
    return f"__Host-{ATTEMPT_COOKIE}" if gate_of(request).desk.secure else ATTEMPT_COOKIE


def _keep(
    request: Request,
    response: Response,
    name: str,
    value: str,
    seconds: int | None = int(LASTS.total_seconds()),
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=gate_of(request).desk.secure,
        httponly=True,
        samesite="lax",
    )
