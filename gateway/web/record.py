"""The record: its tree for everybody, its entries for auditors, whose reading is itself an entry."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Kind
from audit.log import Noted
from audit.query import Filter, Recorded, by_id, search
from audit.tiles import WIDTH, bundle, parse_path
from audit.tree import last_signed, read_entries, read_tiles
from audit.witnessing import witnessed_note
from gateway.agencies import Role
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.identity import Caller
from gateway.storage.engine import now, translated
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of
from gateway.web.replying import reply
from gateway.web.wire import Code

router = APIRouter(tags=["record"])

BINARY: Mapping[str, str] = {"Content-Type": "application/octet-stream"}
HASH = 32
LARGEST_INDEX = 2**53 - 1


@router.get("/log/checkpoint", summary="The signed head (C2SP tlog-checkpoint)")
async def checkpoint(request: Request) -> Response:
    """Give the newest signed head of the tree: public, no token."""
    gate = gate_of(request)
    async with gate.database.reading() as connection:
        signed = await last_signed(connection, gate.publisher.signer.verifier)
        seen = await witnessed_note(connection)
    if signed is None:
        raise NotFoundError
    newest = seen is not None and seen.startswith(signed[1].text)
    return _note_response(seen if newest and seen is not None else signed[0])


@router.get("/log/witnessed", summary="The newest head that a quorum of witnesses has cosigned")
async def witnessed(request: Request) -> Response:
    """Give a head with its cosignatures: public, no token. 404 before the first, or without witnesses."""
    async with gate_of(request).database.reading() as connection:
        seen = await witnessed_note(connection)
    if seen is None:
        raise NotFoundError
    return _note_response(seen)


def _note_response(note: str) -> Response:
    return Response(note, media_type="text/plain; charset=utf-8")


@router.get("/log/key", summary="The log's public key (C2SP signed-note vkey)")
async def key(request: Request) -> Response:
    """Give the key by which checkpoints and promises are checked; compare it over another channel."""
    return Response(f"{gate_of(request).publisher.signer.verifier}\n", media_type="text/plain")


@router.get("/log/tile/{path:path}", summary="Tiles of the tree (C2SP tlog-tiles)")
async def tile(request: Request, path: str) -> Response:
    """Give a tile, which holds only hashes; entry bundles need the role `auditor`."""
    try:
        level, index, width = parse_path(f"tile/{path}")
    except ValueError:
        raise NotFoundError from None
    gate = gate_of(request)
    if index > LARGEST_INDEX:
        raise NotFoundError
    if level is None:
        return await _bundle(request, gate, index, width)
    async with gate.database.reading() as connection:
        found = (await read_tiles(connection, [(level, index)])).get((level, index), b"")
    if len(found) < width * HASH:
        raise NotFoundError
    return Response(found[: width * HASH], headers=BINARY)


async def _bundle(request: Request, gate: Gate, index: int, width: int) -> Response:
    caller = caller_of(request, Role.AUDITOR)
    start = index * WIDTH
    async with gate.database.reading() as connection:
        signed = await last_signed(connection, gate.publisher.signer.verifier)
        if signed is None or signed[1].size < start + width:
            raise NotFoundError
        entries = [entry async for entry in read_entries(connection, start, start + width)]
    await note_reading(gate, caller, request, Kind.READ, "bundle", width)
    return Response(bundle(entries), headers=BINARY)


def wanted_of(
    start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    agency: Code | None = None,
    official: Code | None = None,
    purpose: Code | None = None,
    source: Code | None = None,
    outcome: Code | None = None,
    case: Code | None = None,
    subject_ref: Code | None = None,
    kind: Kind | None = None,
    exchange_id: Code | None = None,
    text: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    after: Annotated[int | None, Query(ge=0, le=LARGEST_INDEX)] = None,
) -> Filter:
    """Read what is looked for. `text` finds words anywhere in an event, within what another filter finds."""
    wanted = Filter(
        start=start,
        end=end,
        agency=agency,
        official=official,
        purpose=purpose,
        source=source,
        outcome=outcome,
        case=case,
        subject_ref=subject_ref,
        kind=kind,
        exchange_id=exchange_id,
        text=text,
        after=after,
    )
    if text is not None and not wanted.narrow:
        raise BodyInvalidError("not-as-described", [{"pointer": "/text", "code": "beside-another-filter"}])
    return wanted


Wanted = Annotated[Filter, Depends(wanted_of)]


@router.get("/v1/audit/events", summary="Search the record")
async def events(
    request: Request, wanted: Wanted, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Response:
    """Give events in the log's order; `after` is the `next` of the page before."""
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    async with gate.database.reading() as connection:
        found = await search(connection, wanted, limit)
    await note_reading(gate, caller, request, Kind.READ, "search", len(found))
    page = {
        "events": [shown(each) for each in found],
        "next": found[-1].index if len(found) == limit else None,
    }
    return reply(page)


@router.get("/v1/audit/events/{event_id}", summary="One event")
async def event(request: Request, event_id: Code) -> Response:
    """Give one event with its canonical bytes, from which its leaf hash can be recomputed."""
    gate, caller, found = await _found(request, event_id)
    await note_reading(gate, caller, request, Kind.READ, "event", 1)
    return reply({**shown(found), "canonical": b64encode(found.content).decode()})


@router.get("/v1/audit/events/{event_id}/proof", summary="Proof that an event is in the record")
async def proof(request: Request, event_id: Code) -> Response:
    """Give the inclusion proof and the signed head it leads to; at most two seconds after the event."""
    gate, _, found = await _found(request, event_id)
    with translated():
        inclusion = await gate.publisher.inclusion(found.index)
    told = {
        "index": inclusion.index,
        "size": inclusion.size,
        "leaf_hash": b64encode(found.leaf_hash).decode(),
        "proof": [b64encode(node).decode() for node in inclusion.proof],
        "checkpoint": inclusion.checkpoint,
    }
    return reply(told)


async def _found(request: Request, event_id: str) -> tuple[Gate, Caller, Recorded]:
    gate, caller = gate_of(request), caller_of(request, Role.AUDITOR)
    async with gate.database.reading() as connection:
        found = await by_id(connection, event_id)
    if found is None:
        raise NotFoundError
    return gate, caller, found


async def note_reading(
    gate: Gate, caller: Caller, request: Request, kind: Kind, what: str, count: int, official: str = ""
) -> Noted:
    """Put the reading itself on record, before anything of it is given; `official` where it is known who."""
    return await gate.pipeline.log.note(
        Event(
            kind=kind,
            at=now(),
            exchange_id=exchange_id_of(request),
            agency=caller.id,
            official=official,
            result=what,
            details={"count": count},
        )
    )


def shown(recorded: Recorded) -> Mapping[str, Any]:
    """Give an event as auditors read it."""
    return {
        "index": recorded.index,
        "leaf_hash": b64encode(recorded.leaf_hash).decode(),
        **orjson.loads(recorded.content),
    }
