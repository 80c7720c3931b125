"""A register of aid given, over plain REST with an API key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.protocols.serving import (
    FAULT,
    Application,
    Receive,
    Register,
    Scope,
    Send,
    Served,
    by_members,
    header,
    personal_text,
    read_body,
    serve,
)

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
found_by: Final = by_members("rnokpp", "unzr", inside="person")


def render(found: Sequence[Any]) -> bytes:
    """Give the recipient found."""
    return orjson.dumps(found[0])


def error(status: int, code: str) -> Served:
    """Give an error whose message says more than it should."""
    return Served(status, orjson.dumps({"error": code, "message": personal_text(code)}))


def application() -> Application:
    """Give the simulated registry."""
    register = Register(SAMPLES, found_by, render)

    def answer(scope: Scope, body: bytes) -> Served:
        if scope.get(FAULT) == "fault":
            return error(500, "internal_error")
        if not header(scope, b"x-api-key"):
            return error(401, "unauthorized")
        try:
            keys = list(found_by(orjson.loads(body)))
        except (orjson.JSONDecodeError, AttributeError):
            return error(400, "bad_request")
        found = register.find(keys, scope)
        return error(404, "not_found") if found is None else Served(200, found)

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await serve(send, answer(scope, await read_body(receive)))

    return respond
