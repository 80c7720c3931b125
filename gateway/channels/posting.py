"""One POST to an agency's own address, and what its answer means for the message: the fault table of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx

from adapters.base import (
    Repeat,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
)
from adapters.protocols.transport import SocketTransport
from adapters.protocols.wire import Response, Wire
from contracts.vocabulary import Source
from gateway.channels.reach import AddressRefusedError, PublicReach
from gateway.outbox.channel import Accepted, GiveUp, Outcome, RetryLater, Unknown, WaitLong
from gateway.outbox.verdicts import outcome_of_status

DEADLINE: Final = 15.0
"""Seconds for one attempt: connecting, sending and the whole answer."""
LARGEST_ANSWER: Final = 64 * 1024
MOST_KEPT: Final = 256

ASTRAY, GONE = "astray", "http-410"
"""The name leads where it may not; the receiver says that the address is no more. Both pause an endpoint."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a POST went, and what the receiver said where it took the message."""

    outcome: Outcome
    body: bytes = b""
    status: int = 0


class Posting:
    """Sends bytes to addresses that agencies chose. Follows no redirect, reads no long answer.

    `transport` replaces the sockets (in tests). Connections are kept for each address, and closed by `close`.
    """

    def __init__(
        self,
        reach: PublicReach,
        transport: Callable[[PublicReach], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self._reach = reach
        self._make = transport or _sockets
        self._wires: dict[str, tuple[Wire, httpx.AsyncBaseTransport]] = {}

    async def post(self, address: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Send once, and say how it went. An address is looked at again before each attempt."""
        try:
            self._reach.check(address)
        except AddressRefusedError:
            return Answer(WaitLong(ASTRAY))
        origin, path = _parts(address)
        deadline = asyncio.get_running_loop().time() + DEADLINE
        try:
            wire = await self._wire(origin)
            response = await wire.send("POST", path, deadline=deadline, headers=headers, content=content)
        except SourceError as error:
            return Answer(_failed(error))
        return Answer(meaning(response), response.body, response.status)

    async def close(self) -> None:
        """Close every connection."""
        while self._wires:
            _, (_, transport) = self._wires.popitem()
            await transport.aclose()

    async def _wire(self, origin: str) -> Wire:
        if origin not in self._wires:
            while len(self._wires) >= MOST_KEPT:
                oldest = next(iter(self._wires))
                with suppress(httpx.HTTPError):
                    await self._wires.pop(oldest)[1].aclose()
            transport = self._make(self._reach)
            self._wires[origin] = Wire(Source("receiver"), origin, transport, cap=LARGEST_ANSWER), transport
        return self._wires[origin][0]


def meaning(response: Response) -> Outcome:
    """Say what a status means for the message, by the fault table (`gateway.outbox.verdicts`).

    410 is the endpoint's end and not the message's: it is paused, and the message waits.
    """
    if response.status == HTTPStatus.GONE:
        return WaitLong(GONE)
    outcome = outcome_of_status(response.status)
    return Accepted(_reference(response.headers)) if isinstance(outcome, Accepted) else outcome


def _failed(error: SourceError) -> Outcome:
    match error:
        case SourceUnavailableError(reason="overloaded"):
            return RetryLater("http-503", error.after)
        case SourceUnavailableError(repeat=Repeat.SAFE):
            return RetryLater(error.reason, error.after)
        case SourceUnavailableError():
            return Unknown(error.reason, error.after)
        case SourceMisbehavedError(reason="too-large" | "unreadable"):
            return Unknown(f"answer-{error.reason}")  # it answered; what, nobody knows
        case SourceRefusedError():
            return GiveUp(error.reason)
        case _:
            return WaitLong(error.reason)  # astray, redirected


def _parts(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return f"{parts.scheme}://{parts.netloc}", path


def _reference(headers: Mapping[str, str]) -> str:
    """Keep the receiver's own name for it, where it looks like one."""
    location = headers.get("location", "")
    return location if len(location) <= 128 and location.isascii() and location.isprintable() else ""  # noqa: PLR2004  a column's width


def _sockets(reach: PublicReach) -> httpx.AsyncBaseTransport:
    return SocketTransport(reach=reach)
