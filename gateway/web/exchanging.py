"""One exchange on behalf of one HTTP request, whose caller may leave before it is answered."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from audit.event import Kind
from gateway.answer import Answer
from gateway.exchange import exchange
from gateway.identity import Caller
from gateway.query import Query
from gateway.storage.engine import now
from gateway.web.gate import Gate


async def answered(request: Request, gate: Gate, caller: Caller, query: Query) -> Answer:
    """Take a query through the pipeline. It is finished and recorded though the caller hang up.

    Raises as `gateway.exchange.exchange` does.
    """
    answer = await asyncio.shield(gate.running.start(exchange(gate.pipeline, caller, query)))
    if await request.is_disconnected():
        await undelivered(gate, caller, query)
    return answer


async def undelivered(gate: Gate, caller: Caller, query: Query) -> None:
    """Put on record that nobody knows whether the answer arrived."""
    await gate.pipeline.log.note(query.event(Kind.DELIVERY, caller.id, now(), result="unknown"))
