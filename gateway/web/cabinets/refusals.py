"""Refusals as pages: the same rows as every problem, in the look of the cabinets."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import ForbiddenError
from gateway.signin.desk import NotSignedInError
from gateway.signin.sessions import Level
from gateway.web.cabinets.shell import here_of, language_of_page, page, see_other
from gateway.web.gate import exchange_id_of
from gateway.web.problems import problem_of

PAGES = ("/cabinet", "/sign-in", "/sign-out", "/language", "/person")
"""Where people are, and not programs."""


def is_page(path: str) -> bool:
    """Say whether an address is one of a page's."""
    return path == "/" or any(path == each or path.startswith(f"{each}/") for each in PAGES)


def refusal_page(request: Request, error: Exception) -> Response:
    """Tell what went wrong and what to do; whoever has not signed in is shown the way."""
    if isinstance(error, NotSignedInError):
        return _to_sign_in(request, error)
    problem, language = problem_of(error), language_of_page(request)
    response = page(
        request,
        None,
        "refusal.html",
        problem.status,
        title=problem.title[language],
        advice=problem.advice[language],
        exchange=exchange_id_of(request),
        forbidden=isinstance(error, ForbiddenError),
    )
    response.headers.update(problem.headers)
    return response


def _to_sign_in(request: Request, wanted: NotSignedInError) -> Response:
    asked = {"next": here_of(request)}
    if wanted.level > Level.LOW:
        asked["level"] = wanted.level.name.lower()
    if wanted.within is not None:
        asked["within"] = str(int(wanted.within.total_seconds()))
    address = f"/sign-in?{urlencode(asked)}"
    if "hx-request" in request.headers:  # a part of a page: the whole page has to go there
        return Response(status_code=401, headers={"HX-Redirect": address})
    return see_other(address)
