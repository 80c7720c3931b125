"""Errors as callers see them: the nearest row of the table, written as a problem document (RFC 9457).

What has no row is 500 and nothing else is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import orjson
from starlette.responses import Response

from gateway.faults import BodyInvalidError
from gateway.web.problem import Problem
from gateway.web.problem_table import INTERNAL, TABLE

BY_SLUG: Mapping[str, Problem] = MappingProxyType({row.slug: row for row in TABLE.values()})


def problem_of(error: BaseException) -> Problem:
    """Find the row of the nearest class; unknown errors are internal."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    return INTERNAL


def refuse(error: BaseException, exchange_id: str, language: str) -> Response:
    """Write the problem document of an error, with the places where a body was wrong."""
    places = error.places if isinstance(error, BodyInvalidError) else None
    return respond(problem_of(error), exchange_id, language, places)


def respond(
    problem: Problem, exchange_id: str, language: str, places: list[Mapping[str, str]] | None = None
) -> Response:
    """Write the problem document: nothing that was sent, nothing of our inside."""
    body: dict[str, object] = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title[language],
        "status": problem.status,
        "instance": exchange_id,
        "advice": problem.advice[language],
    }
    if places:
        body["errors"] = places
    return Response(
        orjson.dumps(body),
        problem.status,
        headers=dict(problem.headers) | {"Content-Language": language},
        media_type="application/problem+json",
    )
