"""The edge of the GovStack facade: who may call which operation, and refusals as its API has them.

Its OpenAPI knows 200 and 400 alone and no authentication. Ours stands before it all the same (401 and 403),
and what failed on our side stays 5xx; everything else that is refused is 400, unknown ids among it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import ObminError
from gateway.agencies import Role
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.identity import Caller
from gateway.revisions import Revisions
from gateway.web.facades.deployed import GovStack
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of, language_of
from gateway.web.problem import Problem
from gateway.web.problems import problem_of, respond
from gateway.web.replying import reply
from gateway.web.wire import parse, read_bytes

log = structlog.get_logger()

M = TypeVar("M", bound=BaseModel)

ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
NUMBER: Final = re.compile(r"[0-9]{1,9}")
MOST: Final = 100
KEPT: Final = frozenset({401, 403, 413})
"""Statuses that stay: they say what the caller is to mend outside the message."""

READERS: Final = (Role.OPERATOR, Role.CASE_SYSTEM, Role.PERSON_PORTAL, Role.AUDITOR)
PEOPLES: Final = (Role.CASE_SYSTEM, Role.PERSON_PORTAL)
"""Who acts for people; the configuration is the operator's, the audit part the auditor's."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: who calls, and what was sent."""

    request: Request
    gate: Gate
    govstack: GovStack
    caller: Caller
    content: bytes

    @property
    def revisions(self) -> Revisions:
        """Give the documents kept as revisions."""
        return self.govstack.revisions

    def has(self, role: Role) -> bool:
        """Say whether the caller acts in a role; in the suite's mode everybody acts in all."""
        return bool(self.govstack.open_as) or self.caller.has(role)

    def body(self, model: type[M]) -> M:
        """Read the body. Raises `BodyInvalidError`."""
        return parse(model, self.content)

    def place(self, name: str) -> str:
        """Give an id of the address. Raises `BodyInvalidError` for what can be none."""
        return checked(self.request.path_params[name])

    def named(self, name: str) -> str:
        """Give an id of the query, empty where it is absent. Raises `BodyInvalidError`."""
        value = self.request.query_params.get(name)
        return checked(value) if value is not None else ""

    def page(self) -> tuple[int, int]:
        """Give offset and limit. Raises `BodyInvalidError` for what is no number, or no page."""
        said = [
            self.request.query_params.get(name, default)
            for name, default in (("offset", "0"), ("limit", "50"))
        ]
        if not all(NUMBER.fullmatch(number) for number in said):
            raise BodyInvalidError("not-a-page")
        offset, limit = map(int, said)
        return offset, min(limit, MOST)


Work = Callable[[Visit], Awaitable[Mapping[str, Any]]]


def checked(value: str) -> str:
    """Give an id that can be one. Raises `BodyInvalidError`."""
    if not ID.fullmatch(value):
        raise BodyInvalidError("not-an-id")
    return value


def operation(router: APIRouter, method: str, path: str, *roles: Role) -> Callable[[Work], Work]:
    """Serve an operation at its address, which ends in a slash or does not."""

    def register(work: Work) -> Work:
        async def serve(request: Request) -> Response:
            return await _visited(request, roles, work)

        for each in (path, path.rstrip("/")):
            router.add_api_route(each, serve, methods=[method], include_in_schema=False)
        return work

    return register


async def _visited(request: Request, roles: tuple[Role, ...], work: Work) -> Response:
    gate = gate_of(request)
    govstack = gate.facades.govstack
    if govstack is None:
        raise NotFoundError
    try:
        caller = Caller(gate.agencies[govstack.open_as]) if govstack.open_as else caller_of(request, *roles)
        content = await read_bytes(request, gate.largest_body)
        return reply(await work(Visit(request, gate, govstack, caller, content)))
    except ObminError as error:
        log.info("request.refused", exchange_id=exchange_id_of(request), slug=problem_of(error).slug)
        return respond(_flat(problem_of(error)), exchange_id_of(request), language_of(request.headers))


def _flat(problem: Problem) -> Problem:
    status = problem.status if problem.status in KEPT or problem.status >= 500 else 400  # noqa: PLR2004  ours
    return Problem(problem.slug, status, problem.title, problem.advice, problem.headers)
