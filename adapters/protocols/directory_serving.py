"""The provider's side of a directory of places, for simulators: one GET, what it is asked by in the query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson

from adapters.protocols.serving import FAULT, Receive, Register, Scope, Send, Served, header, read_body, serve


class Directory:
    """An ASGI application. `key_header` demands a key; `nobody` is said of an unknown place, else a 404."""

    def __init__(
        self,
        path: str,
        samples: Path,
        found_by: Callable[[Mapping[str, Any]], Iterable[str]],
        render: Callable[[Sequence[Any]], bytes],
        *,
        key_header: bytes = b"",
        nobody: bytes = b"",
    ) -> None:
        self._path = path
        self._register = Register(samples, found_by, render)
        self._found_by = found_by
        self._key_header = key_header
        self._nobody = nobody

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI 3 has it."""
        await read_body(receive)
        await serve(send, self._answer(scope))

    def _answer(self, scope: Scope) -> Served:
        if scope.get(FAULT) == "fault":
            return _error(500, "internal_error")
        if scope["path"].removeprefix(scope.get("root_path", "")) != self._path or scope["method"] != "GET":
            return _error(404, "no_such_page")
        if self._key_header and not header(scope, self._key_header):
            return _error(401, "unauthorized")
        keys = list(self._found_by(dict(parse_qsl(scope["query_string"].decode()))))
        if not keys:
            return _error(400, "bad_request")
        found = self._register.find(keys, scope) or self._nobody
        return Served(200, found) if found else _error(404, "not_found")


def _error(status: int, code: str) -> Served:
    return Served(status, orjson.dumps({"error": code}))
