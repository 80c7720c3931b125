"""Messages on their way and those that did not arrive, which go again only after somebody has looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.words import Wording
from gateway.outbox.advice import next_step
from gateway.outbox.message import Message
from gateway.outbox.selection import IS_LETTER, Fate, Preview, Selection
from gateway.signin.officials import Cabinet
from gateway.signin.sessions import Level
from gateway.storage.outbox_tables import outbox
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.look import look_in
from gateway.web.cabinets.pictures import Bar, bars
from gateway.web.cabinets.shell import form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of
from gateway.web.wire import Code

router = APIRouter(include_in_schema=False)

HERE = "/cabinet/operating/queues"
SHOWN = 50
REPLAYS = 10
USUAL_PACE = 300
"""Messages a minute of a replay."""
FATES: Mapping[Fate, str] = MappingProxyType(
    {
        Fate.SEND: N_("would go again"),
        Fate.CHANGE: N_("would go again, under a newer contract or with more time"),
        Fate.SKIP: N_("would be skipped: no dead letter any more"),
        Fate.REFUSE: N_("may not go: contract or ground no longer allows it"),
    }
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that did not arrive, and what to do about it."""

    message: Message
    advice: Wording


@router.get(HERE)
async def listed(request: Request, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> Response:
    """Show how much waits for each agency, the dead letters a page at a time, and the replays."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    lanes, replays = await gate.outbox.letters.lanes(), gate.outbox.replays
    letters = await gate.outbox.letters.where(IS_LETTER, outbox.c.seq > after, limit=SHOWN + 1)
    words = look_in(who.language).words
    waiting = [
        Bar(lane.agency, lane.waiting, str(lane.waiting), alarm=lane.letters > 0)
        for lane in lanes
        if lane.waiting
    ]
    return page(
        request,
        who,
        "operating/queues.html",
        lanes=lanes,
        picture=bars(waiting, words.gettext(N_("Messages that wait, by receiver"))) if waiting else "",
        letters=[_letter(gate, each) for each in letters[:SHOWN]],
        following=letters[SHOWN - 1].seq if len(letters) > SHOWN else None,
        replays=[(each, await replays.progress(each)) for each in await replays.all(REPLAYS)],
    )


@router.get(HERE + "/preview")
async def preview(
    request: Request, agency: Code | None = None, code: Code | None = None, kind: Code | None = None
) -> Response:
    """Say what a replay of these dead letters would do now. Nothing is sent."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    selection = Selection(agency=agency or "", code=code or "", type=kind or "")
    seen = await gate.outbox.replays.preview(selection)
    return page(
        request, who, "operating/preview.html", selection=selection, fates=_fates(seen), token=seen.token,
        reasons=sorted(seen.reasons.items()), going=seen.fates[Fate.SEND] + seen.fates[Fate.CHANGE],
        messages=seen.messages[:SHOWN], words=FATES,
    )  # fmt: skip


@router.post(HERE + "/replays")
async def replay(request: Request) -> Response:
    """Start the replay that was looked at, on the word of whoever sits here."""
    who, gate = await signed_in(request, Cabinet.OPERATING, Level.HIGH), gate_of(request)
    form = await form_of(request, who)
    await gate.outbox.replays.start(
        _selection(form), form.get("token"), who.caller.id, who.official, USUAL_PACE
    )
    return see_other(HERE)


@router.post(HERE + "/replays/{replay_id}/stop")
async def stop(request: Request, replay_id: Code) -> Response:
    """Stop a replay: what it has not come to stays a dead letter."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    await form_of(request, who)
    await gate.outbox.replays.stop(await gate.outbox.replays.get(replay_id), "by-hand", who.official)
    return see_other(HERE)


def _letter(gate: Gate, message: Message) -> Letter:
    return Letter(message, next_step(message.code, gate.pipeline.contracts.vocabulary.reasons))


def _fates(seen: Preview) -> list[tuple[str, int]]:
    return [(FATES[fate], count) for fate, count in seen.fates.items()]


def _selection(form: Form) -> Selection:
    return Selection(agency=form.get("agency"), code=form.get("code"), type=form.get("type"))
