"""One exchange on behalf of one HTTP request, whose caller may leave before it is answered."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from audit.event import Kind
from gateway.answer import Answer
from gateway.collection import Watcher, unwatched
from gateway.exchange import Authority, exchange, pursue
from gateway.identity import Caller
from gateway.query import Query
from gateway.storage.engine import now
from gateway.web.gate import Gate
from gateway.web.problems import problem_of


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


async def begin(gate: Gate, caller: Caller, query: Query, authority: Authority) -> None:
    """Write down that an exchange which may be asked runs from now on."""
    mandate, _ = authority
    digest = mandate.grant.contract.digest
    await gate.kept.begin(query.exchange_id, caller.id, mandate.subject_ref, digest)


async def pursued(
    gate: Gate, caller: Caller, query: Query, authority: Authority, watch: Watcher = unwatched
) -> None:
    """Take an exchange to its end with nobody waiting: whoever reads it then hears what became of it."""
    try:
        await pursue(gate.pipeline, caller, query, authority, watch)
    except Exception as error:  # noqa: BLE001  the reader of the exchange hears it as a problem
        await gate.kept.end(query.exchange_id, problem_of(error).slug)
