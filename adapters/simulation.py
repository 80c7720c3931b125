"""All simulated registries in one ASGI application, each under `/<source>`, with faults on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Final

from adapters.catalog import Entry, find_registries
from adapters.protocols.serving import (
    FAULT,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    Served,
    read_body,
    serve,
)
from adapters.stand_in import stand_in
from contracts.vocabulary import Source

HUGE: Final = 50_000_000
CHUNK: Final = b" " * 65_536
NOISE: Final = b"\x00\xff<<html>{]]" * 40
SLOW: Final = 3.0


class Kind(StrEnum):
    """How a registry can misbehave."""

    SLOW = "slow"
    DOWN = "down"
    HANG = "hang"
    GARBAGE = "garbage"
    FAULT = "fault"
    WRONG_PERSON = "wrong-person"
    TRUNCATED = "truncated"
    HUGE = "huge"


class Faults:
    """Which simulated registry misbehaves how; changed while it runs. `delay` (seconds) is added to all."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self._kinds: dict[Source, Kind] = {}

    def set(self, source: Source, kind: Kind) -> None:
        """Let one registry misbehave from its next answer on."""
        self._kinds[source] = kind

    def clear(self, source: Source) -> None:
        """Let one registry behave again."""
        self._kinds.pop(source, None)

    def of(self, source: Source) -> Kind | None:
        """Give how one registry misbehaves now."""
        return self._kinds.get(source)


class Simulation:
    """The ASGI application. `/healthz` says that it serves; lifespan is answered."""

    def __init__(self, applications: Mapping[Source, Application], faults: Faults) -> None:
        self._applications = applications
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI 3 has it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        root = scope["path"].split("/", 2)[1]
        application = self._applications.get(Source(root))
        if application is None:
            await serve(send, Served(200 if root == "healthz" else 404, b"{}"))
            return
        if self._faults.delay:
            await asyncio.sleep(self._faults.delay)
        kind = self._faults.of(Source(root))
        inner = {**scope, "root_path": f"/{root}", FAULT: kind}
        if kind is None or kind in {Kind.FAULT, Kind.WRONG_PERSON}:
            await application(inner, receive, send)
        else:
            await _misbehave(kind, application, inner, receive, send)


async def _misbehave(
    kind: Kind, application: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    match kind:
        case Kind.SLOW:
            await asyncio.sleep(SLOW)
            await application(scope, receive, send)
        case Kind.DOWN:
            await serve(send, Served(503, b"<html>503 Service Unavailable</html>", "text/html"))
        case Kind.HANG:
            # Ends when the asker hangs up, which a server's shutdown brings about too.
            while (await receive())["type"] != "http.disconnect":
                pass
        case Kind.GARBAGE:
            await read_body(receive)
            await serve(send, Served(200, NOISE, "text/html"))
        case Kind.TRUNCATED:
            await application(scope, receive, _halved(send))
        case Kind.HUGE:
            await _pour(receive, send)
        case _:
            await application(scope, receive, send)


def _halved(send: Send) -> Send:
    """Give a `send` that announces the whole length and stops halfway: the server then hangs up."""

    async def half(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message["body"]
            message = {**message, "body": body[: len(body) // 2]}
        with suppress(RuntimeError):  # servers object to a body shorter than announced, and hang up
            await send(message)

    return half


async def _pour(receive: Receive, send: Send) -> None:
    """Send 50 MB, or what the asker takes of it."""
    await read_body(receive)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/xml")]})
    for _ in range(HUGE // len(CHUNK)):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def simulate_registries(
    faults: Faults | None = None,
    only: frozenset[Source] = frozenset(),
    entries: Mapping[Source, Entry] | None = None,
) -> Simulation:
    """Build the simulation of the whole catalog, or of `only` some of it, or of other `entries`.

    Those that send extracts are not asked: `adapters.nightly` has them.
    """
    known = find_registries() if entries is None else entries
    chosen = {
        source: entry
        for source, entry in known.items()
        if entry.manifest.drop is None and (not only or source in only)
    }
    return Simulation({source: _simulator(entry) for source, entry in chosen.items()}, faults or Faults())


def _simulator(entry: Entry) -> Application:
    """Give the registry's own simulator, or the stand-in for one that has none."""
    if entry.has("simulator"):
        application: Application = entry.module("simulator").application()
        return application
    return stand_in(entry.folder)
