"""What the routers stand on: the services of one deployment, and the caller of one request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from starlette.requests import Request

from audit.publisher import Publisher
from audit.vigil import Vigil
from contracts.vocabulary import AgencyId, Source
from gateway.agencies import Agency, Role
from gateway.cases import Cases
from gateway.casework import Casework
from gateway.channels.service import Channels
from gateway.consent.approvals import Approvals
from gateway.consent.consents import Consents
from gateway.exchange import Pipeline
from gateway.faults import ForbiddenError, OverloadedError
from gateway.fitting import Fittings
from gateway.grounds import Grounds
from gateway.identity import Caller, Tokens, UnauthenticatedError
from gateway.kept import Kept
from gateway.offers.offering import Offering
from gateway.outbox.service import Outbox
from gateway.oversight.services import Oversight
from gateway.politeness.polite import Polite
from gateway.referrals.service import Referring
from gateway.signin.desk import Desk
from gateway.storage.engine import Database, now
from gateway.web.facades.deployed import Facades

T = TypeVar("T")
LANGUAGES = ("uk", "en")


class Running:
    """Work that goes on when its caller has hung up: an exchange is finished and recorded all the same."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[Any]] = set()

    def admit(self) -> None:
        """Raise `OverloadedError` without room: an exchange that nobody waits for takes up some, too."""
        if len(self._tasks) >= self._most:
            raise OverloadedError

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin it; whoever awaits the task behind a shield may leave."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody prints it: the record has its code

    async def finish(self) -> None:
        """Wait until all of it is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)


@dataclass(frozen=True, slots=True)
class Gate:
    """The services of one deployment, built by `gateway.app`."""

    pipeline: Pipeline
    tokens: Tokens
    agencies: Mapping[AgencyId, Agency]
    cases: Cases
    grounds: Grounds
    approvals: Approvals
    kept: Kept
    registries: Mapping[Source, Polite]
    offering: Offering
    outbox: Outbox
    referring: Referring
    channels: Channels
    publisher: Publisher
    vigil: Vigil
    database: Database
    largest_body: int
    metrics: CollectorRegistry
    publishing: Callable[[], bool]
    running: Running
    oversight: Oversight
    facades: Facades
    fittings: Fittings
    casework: Casework

    @property
    def desk(self) -> Desk:
        """Give the desk where people sign in."""
        return self.fittings.desk

    @property
    def zone(self) -> ZoneInfo:
        """Give the clock by which people are told times."""
        return self.fittings.zone

    @property
    def country(self) -> str:
        """Give the country (ISO 3166-1) of the deployment."""
        return self.fittings.country

    @property
    def consents(self) -> Consents:
        """Give the consents on file. Whoever withdraws one does so through `grounds.recalls`."""
        return self.grounds.consents


def gate_of(request: Request) -> Gate:
    """Give the services behind this request."""
    gate: Gate = request.app.state.gate
    return gate


def caller_of(request: Request, *roles: Role) -> Caller:
    """Authenticate the request and demand one of the roles.

    Raises:
        UnauthenticatedError: no bearer token, or not one of ours.
        ForbiddenError: the agency has none of the roles.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("token-missing")
    caller = gate_of(request).tokens.authenticate(token.strip(), now())
    if not any(caller.has(role) for role in roles):
        raise ForbiddenError
    return caller


def exchange_id_of(request: Request) -> str:
    """Give the id that the edge assigned to this request."""
    exchange_id: str = request.scope["exchange_id"]
    return exchange_id


def language_of(headers: Mapping[str, str]) -> str:
    """Choose between the two languages: Ukrainian unless English is asked for first."""
    wanted = [
        part.strip().split(";")[0][:2].lower() for part in headers.get("accept-language", "").split(",")
    ]
    return next((language for language in wanted if language in LANGUAGES), "uk")
