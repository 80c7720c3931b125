"""The social history: asked for, previewed, read again (role `case-system`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from audit.event import Kind
from contracts.vocabulary import ObminError
from gateway.agencies import Role
from gateway.answer import Answer
from gateway.collection import Finding, Status
from gateway.consent.ground import outward
from gateway.exchange import authorise, code_of, pursue
from gateway.identity import Caller
from gateway.kept import Refused
from gateway.preview import preview
from gateway.query import Query
from gateway.storage.engine import now
from gateway.web.exchanging import answered, begin, pursued, undelivered
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of, language_of
from gateway.web.idempotency import once
from gateway.web.problem_table import INTERNAL
from gateway.web.problems import BY_SLUG, problem_of, respond
from gateway.web.replying import reply, to_json
from gateway.web.resuming import await_answer, resume
from gateway.web.wire import Code, HistoryBody, described, parse, read_bytes

router = APIRouter(prefix="/v1/social-history", tags=["social history"])
log = structlog.get_logger()

JSON = "application/json"
STREAM = "text/event-stream"


@router.post("", openapi_extra=described(HistoryBody), summary="One person's social history")
async def ask(request: Request) -> Response:
    """Ask every source that contract and ground allow, at once.

    `Prefer: respond-async` answers 202 with a `Location`; `Accept: text/event-stream` tells of each
    source as it arrives, then gives the answer. A caller who hangs up changes nothing: the exchange
    is finished and recorded as delivery unknown.
    """
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    gate.running.admit()
    body = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        query = _query(request, gate, body)
        if STREAM in request.headers.get("accept", ""):
            return await _streamed(gate, caller, query)
        if "respond-async" in request.headers.get("prefer", ""):
            return await _accepted(gate, caller, query, body)
        answer = await answered(request, gate, caller, query)
        return Response(answer.as_json(), media_type=JSON)

    return await once(request, caller, body, produce, partial(_recall, gate, caller, request))


@router.post("/preview", openapi_extra=described(HistoryBody), summary="May I, and what would I get?")
async def foresee(request: Request) -> Response:
    """Say which sources and fields would be given, on what ground, and what is missing; ask no registry."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    body = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        query = _query(request, gate, body)
        shown = await preview(gate.pipeline, caller, query)
        await gate.pipeline.log.note(query.event(Kind.READ, caller.id, now(), result="preview"))
        return reply(shown)

    return await once(request, caller, body, produce)


@router.get("/{exchange_id}", summary="The same answer again")
async def again(request: Request, exchange_id: Code) -> Response:
    """Give an answer again to the agency that got it; 202 while the exchange is still running."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    return await _recall(gate, caller, request, exchange_id)


@router.post("/{exchange_id}/acknowledgement", summary="It has arrived")
async def acknowledge(request: Request, exchange_id: Code) -> Response:
    """Put on record that the recipient has the answer, once; saying it again changes nothing."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        await gate.kept.acknowledge(exchange_id, caller.id)
        return Response(status_code=204)

    return await once(request, caller, content, produce)


async def _recall(gate: Gate, caller: Caller, request: Request, exchange_id: str) -> Response:
    kept = await gate.kept.read(exchange_id, caller.id)
    if isinstance(kept, Answer):
        return Response(kept.as_json(), media_type=JSON)
    if isinstance(kept, Refused):
        problem = BY_SLUG.get(kept.slug, INTERNAL)
        return respond(problem, exchange_id, language_of(request.headers))
    await resume(gate, exchange_id=exchange_id)  # left by a process that died when the person answered
    return _later(exchange_id)


def _later(exchange_id: str) -> Response:
    headers = {"Location": f"/v1/social-history/{exchange_id}", "Retry-After": "1"}
    return reply({"exchange_id": exchange_id, "state": "running"}, 202, headers)


def _query(request: Request, gate: Gate, body: bytes) -> Query:
    vocabulary = gate.pipeline.contracts.vocabulary
    language = language_of(request.headers)
    return parse(HistoryBody, body).query(exchange_id_of(request), vocabulary, language)


async def _accepted(gate: Gate, caller: Caller, query: Query, body: bytes) -> Response:
    """Start the exchange, once it is clear that it may be asked; or let it wait for the person's answer."""
    waits_for = query.consent_request
    if waits_for and await await_answer(gate, caller, query, body, waits_for):
        return _later(query.exchange_id)
    authority = await authorise(gate.pipeline, caller, query)
    await begin(gate, caller, query, authority)
    gate.running.start(pursued(gate, caller, query, authority))
    return _later(query.exchange_id)


async def _streamed(gate: Gate, caller: Caller, query: Query) -> Response:
    authority = await authorise(gate.pipeline, caller, query)
    await begin(gate, caller, query, authority)
    events: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def watch(finding: Finding) -> None:
        events.put_nowait(("source", to_json(_progress(finding))))

    async def work() -> None:
        try:
            answer = await pursue(gate.pipeline, caller, query, authority, watch)
            events.put_nowait(("answer", answer.as_json()))
        except Exception as error:  # noqa: BLE001  told to the caller as a problem event
            code = code_of(error) if isinstance(error, ObminError) else type(error).__name__
            log.warning("request.failed", exchange_id=query.exchange_id, code=code)
            problem = respond(problem_of(error), query.exchange_id, query.language)
            events.put_nowait(("problem", bytes(problem.body)))
            await gate.kept.end(query.exchange_id, problem_of(error).slug)

    gate.running.start(work())
    return StreamingResponse(_events(gate, caller, query, events), media_type=STREAM)


async def _events(
    gate: Gate, caller: Caller, query: Query, events: asyncio.Queue[tuple[str, bytes]]
) -> AsyncIterator[bytes]:
    """Write server-sent events; a caller who leaves before the answer is a delivery unknown."""
    name = ""
    try:
        while name not in {"answer", "problem"}:
            name, data = await events.get()
            yield b"event: %s\ndata: %s\n\n" % (name.encode(), data)
    finally:
        if name not in {"answer", "problem"}:
            gate.running.start(undelivered(gate, caller, query))


def _progress(finding: Finding) -> Mapping[str, Any]:
    """Tell that a source has spoken. What it said of the person waits for the release."""
    spoken = finding.status in {Status.ANSWERED, Status.UNKNOWN, Status.AMBIGUOUS}
    told = {"source": finding.source, "status": Status.ANSWERED.value if spoken else finding.status.value}
    if finding.reason and not spoken:
        told["reason"] = outward({finding.source: finding.reason})[finding.source]
    return {**told, "took_ms": finding.took_ms}
