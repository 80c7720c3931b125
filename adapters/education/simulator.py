"""ЄДЕБО's learner status behind Trembita's `/restapi`, with its header rules and FastAPI-shaped refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson

from adapters.protocols.serving import (
    FAULT,
    Application,
    Receive,
    Register,
    Scope,
    Send,
    Served,
    header,
    personal_text,
    read_body,
    serve,
)

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
SERVICE: Final = "GOV/38621185/PD_Learners/GetLearnerStatus_v1"
DEMANDED: Final = (b"uxp-client", b"uxp-service", b"uxp-queryid", b"uxp-purpose-ids", b"uxp-subject-id")


def found_by(said: Mapping[str, Any]) -> Iterator[str]:
    """Give the numbers by which one learner is found."""
    yield from (said[name] for name in ("rnokpp", "unzr") if said.get(name))


def render(found: Sequence[Any]) -> bytes:
    """Give the learner found."""
    return orjson.dumps(found[0])


def bus_error(code: str, status: int) -> Served:
    """Give an error of the bus itself: only the header tells it from the provider's."""
    body = orjson.dumps({"type": code, "message": personal_text("Запит відхилено"), "detail": str(uuid4())})
    return Served(status, body, headers={"x-road-error": code})


def application() -> Application:
    """Give the simulated registry."""
    register = Register(SAMPLES, found_by, render)

    def answer(scope: Scope, body: bytes) -> Served:
        if scope.get(FAULT) == "fault":
            return bus_error("server.serverproxy.service_failed.network_error", 500)
        if not all(header(scope, name) for name in DEMANDED):
            return bus_error("client.missing_header_field", 500)
        if header(scope, b"uxp-service").partition("/")[2] != SERVICE:
            return bus_error("server.serverproxy.unknown_service", 500)
        try:
            keys = list(found_by(orjson.loads(body)))
        except (orjson.JSONDecodeError, AttributeError):
            keys = []
        if not keys:
            detail = [{"type": "missing", "loc": ["body", "rnokpp"], "msg": "Field required", "input": {}}]
            return Served(422, orjson.dumps({"detail": detail}))
        found = register.find(keys, scope)
        return Served(404, b'{"detail":"Person not found"}') if found is None else Served(200, found)

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        served = answer(scope, await read_body(receive))
        headers = {**served.headers, "uxp-transaction-id": str(uuid4())}
        await serve(send, Served(served.status, served.body, served.type, headers))

    return respond
