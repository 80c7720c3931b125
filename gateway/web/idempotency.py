"""`Idempotency-Key` on every POST: the same key and body get the same answer, and one effect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import ObminError
from gateway.faults import BodyInvalidError, ConflictError
from gateway.identity import Caller
from gateway.kept import Reply, StillRunning
from gateway.web.gate import exchange_id_of, gate_of, language_of
from gateway.web.problems import refuse

LONGEST_KEY = 255
POLL_SECONDS, POLLS = 0.05, 600
REPEATED = frozenset({"content-type", "content-language", "location"})

Produce = Callable[[], Awaitable[Response]]
Recall = Callable[[str], Awaitable[Response]]


async def once(
    request: Request, caller: Caller, body: bytes, produce: Produce, recall: Recall | None = None
) -> Response:
    """Answer a POST once. A repetition waits for the first and gets its answer.

    With `recall`, only the exchange's id is kept in the clear and a repetition reads its answer from
    where answers are kept sealed. A refusal is repeated as it was. What failed on our side (5xx) had no
    effect and is not kept.
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
            return Response(claimed.body, claimed.status, dict(claimed.headers))
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
    except ObminError as error:
        refusal = refuse(error, exchange_id_of(request), language_of(request.headers))
        reply = _kept(refusal, exchange_id_of(request), sealed=False)
        raise
    else:
        reply = _kept(response, exchange_id_of(request), sealed=sealed)
        return response
    finally:
        await asyncio.shield(kept.settle(caller.id, route, key, reply))


def _kept(response: Response, exchange_id: str, *, sealed: bool) -> Reply | None:
    """Give what a repetition is answered; None where it is to try again."""
    if response.status_code >= 500:  # noqa: PLR2004  our own faults
        return None
    body = b"" if sealed and response.status_code < 300 else bytes(response.body)  # noqa: PLR2004
    headers = {name: value for name, value in response.headers.items() if name in REPEATED}
    return Reply(response.status_code, body, headers, exchange_id)
