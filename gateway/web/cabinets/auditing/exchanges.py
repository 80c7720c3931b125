"""One exchange from the question to what became of the answer, each entry with its proof."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from audit.event import ENDS, Event, Kind
from audit.proof import Proof
from audit.query import Filter, Recorded, by_id
from audit.query import search as find
from audit.retracing import Retraced, retrace
from audit.tree import inclusion
from gateway.faults import NotFoundError
from gateway.signin.officials import Cabinet
from gateway.storage.engine import translated
from gateway.web.cabinets.auditing.shown import KINDS, entries_of, note
from gateway.web.cabinets.look import look_in
from gateway.web.cabinets.personal.looks import saved
from gateway.web.cabinets.pictures import State, Step, path
from gateway.web.cabinets.shell import SignedIn, page, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of
from gateway.web.replying import reply
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/auditing", include_in_schema=False)

MOST = 200
STATES: Mapping[str, State] = {"refused": "refused", "abandoned": "refused", "unknown": "waiting"}
SILENT = frozenset({"unavailable", "pending", "withheld"})


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry with its proof, gone through anew; `proof` is the file's text."""

    recorded: Recorded
    proof: Proof
    way: Retraced


@router.get("/exchanges/{exchange_id}")
async def exchange(request: Request, exchange_id: Code) -> Response:
    """Show every entry of an exchange, its way as a picture, and what its proofs come to."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    async with gate.database.reading() as connection:
        found = await find(connection, Filter(exchange_id=exchange_id), MOST)
    if not found:
        raise NotFoundError
    await note(request, who, "timeline", len(found))
    proved = await proved_of(gate, found)
    entries = await entries_of(gate, who, found)
    return page(
        request,
        who,
        "auditing/exchange.html",
        exchange_id=exchange_id,
        picture=_picture(gate, who.language, [each.event for each in found]),
        lines=list(zip(entries, proved, strict=True)),
    )


@router.get("/entries/{event_id}")
async def entry(request: Request, event_id: Code) -> Response:
    """Show one entry in full, with its proof."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    found = await _one(gate, event_id)
    await note(request, who, "event", 1)
    (proved,), (shown,) = await proved_of(gate, [found]), await entries_of(gate, who, [found])
    return page(
        request, who, "auditing/entry.html", entry=shown, proved=proved, members=_members(found, shown.hidden)
    )


@router.get("/entries/{event_id}/proof.json")
async def proof(request: Request, event_id: Code) -> Response:
    """Give an entry with its proof as a file that `obmin audit statement` checks without us.

    Raises:
        NotFoundError: unknown, or of a case that this auditor may not be shown: the entry names it.
    """
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    found = await _one(gate, event_id)
    await _require_shown(gate, who, found)
    await note(request, who, "event", 1)
    (proved,) = await proved_of(gate, [found])
    event = found.event
    line = {
        "exchange_id": event.exchange_id,
        "who": {"agency": event.agency},
        "why": {"purpose": event.purpose},
        "outcome": event.result,
        "proof": {
            "index": found.index,
            "entry": b64encode(found.content).decode(),
            "tlog_proof": proved.proof.text(),
        },
    }
    key = str(gate.publisher.signer.verifier)
    content = {"log": {"origin": gate.pipeline.log.origin, "key": key}, "lines": [line]}
    return saved(reply(content), f"entry-{found.index}.json")


async def proved_of(gate: Gate, found: Sequence[Recorded]) -> list[Proved]:
    """Give entries with their proofs, once a signed head covers them all."""
    verifier = gate.publisher.signer.verifier
    with translated():
        await gate.publisher.inclusion(found[-1].index)
    proved = []
    async with gate.database.reading() as connection:
        for each in found:
            way = await inclusion(connection, each.index, verifier)
            assert way  # noqa: S101  a head covers the last of them, so it covers all
            proof_of_it = Proof(way.index, way.proof, way.checkpoint)
            proved.append(Proved(each, proof_of_it, retrace(each.content, proof_of_it, verifier)))
    return proved


async def _one(gate: Gate, event_id: str) -> Recorded:
    async with gate.database.reading() as connection:
        found = await by_id(connection, event_id)
    if found is None:
        raise NotFoundError
    return found


async def _require_shown(gate: Gate, who: SignedIn, found: Recorded) -> None:
    if found.event.case and await gate.oversight.veil.over(who.caller, {found.event.subject_ref}):
        raise NotFoundError


def _members(found: Recorded, hidden: bool) -> str:  # noqa: FBT001  of the entry's own view
    """Write an entry as its bytes have it, to be read; a case that is hidden is left out."""
    members: dict[str, Any] = orjson.loads(found.content)
    if hidden:
        members.pop("case")
    return orjson.dumps(members, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()


def _picture(gate: Gate, language: str, events: Sequence[Event]) -> Markup:
    """Draw the way of an exchange: the question, each registry, the end, what became of it."""
    words, names = look_in(language).words, gate.oversight.wordings
    steps: list[Step] = []
    for event in events:
        who = "/".join(part for part in (event.agency, event.official) if part)
        detail = " · ".join(part for part in (who, event.result, event.reason) if part)
        if event.kind in ENDS:
            steps += _sources(gate, language, event)
        steps.append(Step(words.gettext(KINDS[event.kind]), detail, STATES.get(event.result, "done")))
    purpose = next((names.purpose(each.purpose)[language] for each in events if each.purpose), "")
    title = words.gettext(N_("The way of this exchange"))
    return path(steps, title, f"{purpose}. " + "; ".join(each.name for each in steps))


def _sources(gate: Gate, language: str, end: Event) -> list[Step]:
    listed = end.details.get("sources", ())
    if end.kind is not Kind.RELEASE or not isinstance(listed, list | tuple):
        return []
    names = gate.oversight.wordings
    return [
        Step(
            names.source(str(each["source"]))[language],
            " · ".join(str(each[name]) for name in ("status", "reason", "message_id") if each.get(name)),
            "waiting" if each.get("status") in SILENT else "done",
        )
        for each in listed
        if isinstance(each, Mapping)
    ]
