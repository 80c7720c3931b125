"""`Idempotency-Key` on every POST: the same key and body get the same answer, and one effect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import BodyInvalidError, ConflictError
from gateway.identity import Caller
from gateway.kept import Reply, StillRunning
from gateway.web.gate import exchange_id_of, gate_of

LONGEST_KEY = 255
POLL_SECONDS, POLLS = 0.05, 600

Produce = Callable[[], Awaitable[Response]]
Recall = Callable[[str], Awaitable[Response]]


async def once(
    request: Request, caller: Caller, body: bytes, produce: Produce, recall: Recall | None = None
) -> Response:
    """Answer a POST once. A repetition waits for the first and gets its answer.

    With `recall`, only the exchange's id is kept in the clear and a repetition reads its answer from
    where answers are kept sealed. What failed on our side (5xx) had no effect and is not kept.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return await produce()
    if not 0 < len(key) <= LONGEST_KEY:
        raise BodyInvalidError("idempotency-key")
    kept, route = gate_of(request).kept, request.url.path
    for _ in range(POLLS):
        claimed = await kept.claim(caller.id, route, key, body)
        if claimed is None:
            return await _first(request, caller, route, key, produce, sealed=recall is not None)
        if isinstance(claimed, Reply):
            if recall and claimed.status < 300:  # noqa: PLR2004  success alone has an answer to read
                return await recall(claimed.exchange_id)
            return Response(claimed.body, claimed.status, media_type=claimed.media_type)
        assert isinstance(claimed, StillRunning)  # noqa: S101  nothing else is left
        await asyncio.sleep(POLL_SECONDS)
    raise ConflictError("still-running")


async def _first(
    request: Request, caller: Caller, route: str, key: str, produce: Produce, *, sealed: bool
) -> Response:
    kept = gate_of(request).kept
    reply: Reply | None = None
    try:
        response = await produce()
        if response.status_code < 500:  # noqa: PLR2004  our own faults are tried again
            body = b"" if sealed and response.status_code < 300 else bytes(response.body)  # noqa: PLR2004
            media_type = response.media_type or "application/json"
            reply = Reply(response.status_code, body, media_type, exchange_id_of(request))
        return response
    finally:
        await asyncio.shield(kept.settle(caller.id, route, key, reply))
