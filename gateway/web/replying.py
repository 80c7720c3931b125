"""How an answer is written: JSON with UTC times that end in Z."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response


def reply(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Give a JSON response."""
    return Response(to_json(content), status, dict(headers or {}), "application/json")


def to_json(content: object) -> bytes:
    """Write JSON; times are UTC and end in Z (ISO 8601)."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)
