"""The seam of all facades: wire → `Caller` + `Query`, and `Answer` or refusal → wire. Nothing else.

A facade is one request's translator. What is permitted, recorded and released is the pipeline's
affair, the same as for our own interface.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Json, Kind
from gateway.answer import Answer
from gateway.identity import Caller, UnauthenticatedError
from gateway.query import Query
from gateway.storage.engine import now
from gateway.web.exchanging import answered
from gateway.web.finding import find_offers
from gateway.web.finding_wire import SearchBody
from gateway.web.gate import exchange_id_of, gate_of
from gateway.web.problems import problem_of
from gateway.web.replying import to_json
from gateway.web.wire import read_bytes

log = structlog.get_logger()

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Sought:
    """A search among offers; `via` names the protocol by which it came, and its ids there."""

    body: SearchBody
    language: str
    via: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request turned out to say: a query about a person, or a search among offers."""

    caller: Caller
    query: Query | Sought


@dataclass(frozen=True, slots=True)
class Offers:
    """What a search found, as our own interface shows it. Nothing of it is about a person."""

    found: Mapping[str, Any]

    def as_json(self) -> bytes:
        """Give it as it travels."""
        return to_json(self.found)


class Facade(Protocol):
    """One request in one protocol. Errors raised by `admit` and `read` come back to `refuse`."""

    def admit(self) -> None:
        """Look at who is connected, before a byte of the body is read.

        Raises `UnauthenticatedError` for whom this protocol is not spoken with.
        """

    def read(self, body: bytes) -> Asked:
        """Understand the request; raises errors that have a row in `gateway.web.problems`."""

    def write(self, answer: Answer | Offers) -> Response:
        """Say the answer in this protocol, whole: the receipt of a history included."""

    def refuse(self, error: Exception) -> Response:
        """Say a refusal in this protocol: a code, a title, the exchange; nothing that was sent."""


async def serve(request: Request, facade: Facade) -> Response:
    """Take one request through: authenticate, read, exchange, write. Never raises for its caller's sake."""
    try:
        return await _served(request, facade)
    except Exception as error:  # noqa: BLE001  whatever it was is told in the protocol's own words
        log.info("request.refused", exchange_id=exchange_id_of(request), slug=problem_of(error).slug)
        return facade.refuse(error)


async def _served(request: Request, facade: Facade) -> Response:
    gate = gate_of(request)
    try:
        facade.admit()
        gate.running.admit()
        asked = facade.read(await read_bytes(request, gate.largest_body))
    except UnauthenticatedError as error:
        await gate.pipeline.log.note(_stranger(exchange_id_of(request), error))
        raise
    if isinstance(asked.query, Sought):
        sought = asked.query
        found = await find_offers(request, asked.caller, sought.body, sought.language, sought.via)
        return facade.write(Offers(found))
    return facade.write(await answered(request, gate, asked.caller, asked.query))


def coded(error: BaseException, table: Mapping[type[BaseException], C], theirs: C, ours: C) -> C:
    """Find an error's code in a facade's table: the nearest class wins, as in `gateway.web.problems`.

    What has no row there is told by its problem: `theirs` where it is the caller's (4xx), else `ours`.
    """
    for kind in type(error).__mro__:
        if kind in table:
            return table[kind]
    return ours if problem_of(error).status >= 500 else theirs  # noqa: PLR2004  RFC 9110 §15.6


def _stranger(exchange_id: str, error: UnauthenticatedError) -> Event:
    """Write the entry of a request whose sender is not who it says, as `/oauth/token` does."""
    return Event(
        kind=Kind.TOKEN,
        at=now(),
        exchange_id=exchange_id,
        agency=error.agency,
        result="refused",
        reason=error.code,
    )
