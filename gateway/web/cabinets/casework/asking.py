"""Asking for a history from a page: begun, watched source by source, then read; a correction asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.vocabulary import ExchangeId, Field, Source
from gateway.corrections import Corrections
from gateway.exchange import authorise
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.kept import Refused
from gateway.query import Query as Question
from gateway.web.cabinets.casework.history import Heard, read_history, read_progress
from gateway.web.cabinets.casework.seat import Seat, seated
from gateway.web.cabinets.look import look_in
from gateway.web.cabinets.shell import HEADERS, form_of, page, see_other
from gateway.web.cabinets.words import N_
from gateway.web.exchanging import begin, pursued
from gateway.web.problem_table import INTERNAL
from gateway.web.problems import BY_SLUG
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/casework/cases/{case}", include_in_schema=False)

AGAIN = 1.0
SHORTEST, LONGEST = 10, 2000
TOO_SHORT = N_("Write in at least ten characters what is wrong and what would be right.")
NOT_TOLD = N_("This source did not tell this field in that history.")


@router.post("/history")
async def ask(request: Request, case: Code) -> Response:
    """Begin to ask every source that contract and ground allow, and go to where they are heard."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    query = await seat.query(request, form.get("purpose"))
    return await asked(seat, query)


async def asked(seat: Seat, query: Question) -> Response:
    """Start an exchange whose sources a page watches. Raises as `gateway.exchange.authorise` does."""
    gate, caller, watching = seat.gate, seat.who.caller, seat.gate.casework.watching
    gate.running.admit()
    authority = await authorise(gate.pipeline, caller, query)
    await begin(gate, caller, query, authority)
    watching.begin(query.exchange_id, [*authority[0].permits, *authority[0].withheld])

    async def work() -> None:
        try:
            await pursued(gate, caller, query, authority, partial(watching.hear, query.exchange_id))
        finally:
            watching.end(query.exchange_id)

    gate.running.start(work())
    return see_other(f"{seat.place}/history/{query.exchange_id}")


@router.get("/history/{exchange_id}")
async def read(request: Request, case: Code, exchange_id: Code) -> Response:
    """Show a history, or how far it has come: the page goes on by itself until everybody was heard."""
    seat = await seated(request, case)
    kept = await _read(seat, exchange_id)
    if kept is not None:
        return kept(request)
    return page(
        request,
        seat.who,
        "casework/asking.html",
        seat=seat,
        exchange_id=exchange_id,
        heard=_so_far(seat, exchange_id),
    )


@router.get("/history/{exchange_id}/progress")
async def follow(request: Request, case: Code, exchange_id: Code) -> Response:
    """Tell of each source as it is heard (server-sent events), then that the history is there."""
    seat = await seated(request, case)
    return StreamingResponse(
        _events(seat, ExchangeId(exchange_id)), headers=dict(HEADERS), media_type="text/event-stream"
    )


async def _events(seat: Seat, exchange_id: ExchangeId) -> AsyncIterator[bytes]:
    look, watching = look_in(seat.who.language), seat.gate.casework.watching
    if not watching.expected(exchange_id):  # it runs in another process: look again in a while
        await asyncio.sleep(AGAIN)
    async for _ in watching.follow(exchange_id):
        shown = look.render(
            "casework/progress.html", {"heard": _so_far(seat, exchange_id), "zone": seat.gate.zone}
        )
        yield b"event: source\n%b\n\n" % b"\n".join(b"data: " + line for line in shown.encode().split(b"\n"))
    yield b"event: done\ndata: \n\n"


def _so_far(seat: Seat, exchange_id: str) -> list[Heard]:
    """Give every source that is asked: those that were heard first, in their order."""
    spelling, watching = seat.gate.casework.spelling(seat.who.language), seat.gate.casework.watching
    findings = watching.so_far(ExchangeId(exchange_id))
    heard = [read_progress(each, spelling) for each in findings]
    waited_for = watching.expected(ExchangeId(exchange_id)) - {each.source for each in findings}
    return [*heard, *(_waited_for(each, spelling.source(each)) for each in sorted(waited_for))]


def _waited_for(source: Source, title: str) -> Heard:
    return Heard(source, title, "asked", N_("is being asked"), "blue")


async def _read(seat: Seat, exchange_id: str) -> partial[Response] | None:
    """Give what makes the page of a history that has ended; None while it runs."""
    gate, who = seat.gate, seat.who
    opened = await gate.casework.read(exchange_id, who.caller.id, who.official)
    if opened is not None:
        if opened.body["case"] != seat.case.id:
            raise NotFoundError
        history = read_history(opened, gate.casework.spelling(who.language))
        return partial(page, who=who, template="casework/history.html", seat=seat, history=history)
    kept = await gate.kept.read(exchange_id, who.caller.id)
    if isinstance(kept, Refused):
        problem = BY_SLUG.get(kept.slug, INTERNAL)
        return partial(
            page,
            who=who,
            template="casework/refused.html",
            seat=seat,
            title=problem.title[who.language],
            advice=problem.advice[who.language],
        )
    return None


@router.get("/history/{exchange_id}/correction")
async def ask_for_correction(
    request: Request,
    case: Code,
    exchange_id: Code,
    source: Annotated[str, Query(max_length=64)],
    field: Annotated[str, Query(max_length=64)],
) -> Response:
    """Show the form that tells a register's owner what is wrong in a field."""
    return _correction(request, await seated(request, case), exchange_id, source, field)


@router.post("/history/{exchange_id}/correction")
async def correct(request: Request, case: Code, exchange_id: Code) -> Response:
    """Record what is wrong in a field that was told. The words are sealed under the person's key."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    source, field, words = form.get("source"), form.get("field"), form.get("statement")
    again = partial(_correction, request, seat, exchange_id, source, field, words)
    if not SHORTEST <= len(words) <= LONGEST:
        return again(TOO_SHORT)
    gate = seat.gate
    corrections = Corrections(
        gate.database, gate.pipeline.log, gate.oversight.parts, gate.outbox.delivery, gate.agencies
    )
    released = await gate.kept.released(exchange_id, seat.who.caller.id)
    if released.case != seat.case.id:
        raise NotFoundError
    try:
        made = await corrections.request(
            seat.who.caller.id, seat.who.official, exchange_id, Source(source), Field(field), words
        )
    except BodyInvalidError:
        return again(NOT_TOLD)
    return page(
        request,
        seat.who,
        "casework/corrected.html",
        seat=seat,
        made=made,
        title=gate.casework.spelling(seat.who.language).title(Field(field)),
        source=gate.casework.spelling(seat.who.language).source(source),
    )


def _correction(
    request: Request, seat: Seat, exchange_id: str, source: str, field: str, words: str = "", fault: str = ""
) -> Response:
    spelling = seat.gate.casework.spelling(seat.who.language)
    known = seat.gate.pipeline.contracts.vocabulary
    if Field(field) not in known.fields or Source(source) not in known.sources:
        raise NotFoundError
    return page(
        request,
        seat.who,
        "casework/correction.html",
        422 if fault else 200,
        seat=seat,
        exchange_id=exchange_id,
        source=source,
        field=field,
        title=spelling.title(Field(field)),
        register=spelling.source(source),
        statement=words,
        fault=fault,
    )
