"""The provider's side of REST on the two buses, for simulators: one POST, one person, 404 for nobody.

The header rules are each bus's own; the provider behind it refuses in FastAPI's shape.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson

from adapters.protocols.serving import (
    FAULT,
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

UNKNOWN: Final = b'{"detail":"Person not found"}'
MISSING: Final = {"detail": [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": {}}]}


class BusProvider(ABC):
    """An ASGI application behind a bus.

    `service` is what it is called there without the instance, `demanded` the header fields without which
    the bus refuses, `called` reads from a request which service is meant, and `transaction` is the header in
    which the bus gives its own id. `found_by` gives the keys of a record and of a question.
    """

    demanded: tuple[bytes, ...]
    transaction: str

    def __init__(
        self, service: str, samples: Path, found_by: Callable[[Mapping[str, Any]], Iterable[str]]
    ) -> None:
        self._service = service
        self._found_by = found_by
        self._register = Register(samples, found_by, _render)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI 3 has it."""
        served = self._answer(scope, await read_body(receive))
        headers = {**served.headers, self.transaction: str(uuid4())}
        await serve(send, Served(served.status, served.body, served.type, headers))

    @abstractmethod
    def called(self, scope: Scope) -> str:
        """Give the service that a request is for, with its instance."""

    def _answer(self, scope: Scope, body: bytes) -> Served:
        if scope.get(FAULT) == "fault":
            return _bus_error("server.serverproxy.service_failed.network_error")
        if not all(header(scope, name) for name in self.demanded):
            return _bus_error("client.missing_header_field")
        if self.called(scope).partition("/")[2] != self._service:
            return _bus_error("server.serverproxy.unknown_service")
        try:
            keys = list(self._found_by(orjson.loads(body)))
        except (orjson.JSONDecodeError, AttributeError):
            keys = []
        if not keys:
            return Served(422, orjson.dumps(MISSING))
        found = self._register.find(keys, scope)
        return Served(404, UNKNOWN) if found is None else Served(200, found)


class TrembitaProvider(BusProvider):
    """A monitored service behind Trembita's `/restapi`; the purpose and the person are demanded."""

    demanded = (b"uxp-client", b"uxp-service", b"uxp-queryid", b"uxp-purpose-ids", b"uxp-subject-id")
    transaction = "uxp-transaction-id"

    def called(self, scope: Scope) -> str:
        """See `BusProvider.called`."""
        return header(scope, b"uxp-service")


class XRoadRestProvider(BusProvider):
    """A service behind X-Road's REST protocol: `/r1/` and the identifiers in the path."""

    demanded = (b"x-road-client", b"x-road-id")
    transaction = "x-road-request-id"

    def called(self, scope: Scope) -> str:
        """See `BusProvider.called`. What follows the five identifiers is the service's own path."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return "/".join(path.removeprefix("/r1/").split("/")[:5])


def _render(found: Sequence[Any]) -> bytes:
    return orjson.dumps(found[0])


def _bus_error(code: str) -> Served:
    """Give an error of the bus itself: only the header tells it from the provider's."""
    body = orjson.dumps({"type": code, "message": personal_text("Запит відхилено"), "detail": str(uuid4())})
    return Served(500, body, headers={"x-road-error": code})
