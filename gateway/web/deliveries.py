"""Messages on their way (`/v1/deliveries`): operators see all, senders their own; replays are operators'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import OfficialId
from gateway.agencies import Role
from gateway.faults import NotFoundError
from gateway.identity import Caller
from gateway.outbox.advice import next_step
from gateway.outbox.message import LETTERS, Message, Priority, State
from gateway.outbox.replays import Replay
from gateway.outbox.selection import Preview, Selection, before_of
from gateway.storage.outbox_tables import outbox
from gateway.web.gate import Gate, caller_of, gate_of, language_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])

SHOWN = 200
"""Messages that a preview names one by one; the others are counted."""
LARGEST_PLACE = 2**63 - 1


class CancellationBody(Body):
    """`POST /v1/deliveries/{id}/cancellation`: whose word it is."""

    official: Code


class SelectionBody(Body):
    """Which dead letters; what is left out does not narrow. `type` is the whole type."""

    agency: Code | None = None
    sender: Code | None = None
    type: Code | None = None
    code: Code | None = None
    before: AwareDatetime | None = None
    ids: Annotated[list[Code], Field(min_length=1, max_length=200)] | None = None

    def selection(self) -> Selection:
        """Give it as the outbox knows it."""
        named = {name: getattr(self, name) or "" for name in ("agency", "sender", "type", "code")}
        return Selection(**named, before=before_of(self.before), ids=tuple(self.ids or ()))


class PreviewBody(Body):
    """`POST /v1/deliveries/replays/preview`."""

    selection: SelectionBody


class ReplayBody(Body):
    """`POST /v1/deliveries/replays`: `preview` is the token of the preview that somebody has looked at."""

    selection: SelectionBody
    preview: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    official: Code
    per_minute: Annotated[int, Field(ge=1, le=6000)] = 300


class StopBody(Body):
    """`POST /v1/deliveries/replays/{id}/stop`."""

    official: Code


StateName = Literal["ready", "queued", "delivered", "unknown", "dead", "cancelled", "letters"]


@router.get("", summary="Messages on their way")
async def listed(
    request: Request,
    state: StateName | None = None,
    agency: Code | None = None,
    after: Annotated[int, Query(ge=0, le=LARGEST_PLACE)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """List messages in the order of the record; `letters` are those that ended without having arrived."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR, Role.CASE_SYSTEM)
    conditions = [outbox.c.seq > after]
    if not caller.has(Role.OPERATOR):
        conditions.append(outbox.c.sender == caller.id)
    if agency:
        conditions.append(outbox.c.agency == agency)
    if state:
        states = [each.value for each in LETTERS] if state == "letters" else [state]
        conditions.append(outbox.c.state.in_(states))
    messages = await gate.outbox.letters.where(*conditions, limit=limit)
    language = language_of(request.headers)
    following = messages[-1].seq if len(messages) == limit else None
    return reply({"deliveries": [_shown(gate, each, language) for each in messages], "next": following})


@router.get("/replays", summary="Replays")
async def replays(request: Request) -> Response:
    """List replays, the newest first."""
    gate = gate_of(request)
    caller_of(request, Role.OPERATOR)
    found = await gate.outbox.replays.all()
    return reply({"replays": [await _told(gate, each) for each in found]})


@router.get("/{message_id}", summary="One message and its attempts")
async def get(request: Request, message_id: Code) -> Response:
    """Show where a message stands, what became of its attempts, and the next step."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR, Role.CASE_SYSTEM)
    message = await _visible(gate, caller, message_id)
    attempts = await gate.outbox.letters.attempts(message)
    shown = _shown(gate, message, language_of(request.headers))
    told = [{"number": a.number, "at": a.at, "outcome": a.outcome, "code": a.code} for a in attempts]
    return reply({**shown, "failed_attempts": told})


@router.post("/{message_id}/cancellation", openapi_extra=described(CancellationBody), summary="Take it back")
async def cancel(request: Request, message_id: Code) -> Response:
    """End a message that nobody is delivering right now. Whether it came before is in its attempts."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(CancellationBody, content)
        message = await _visible(gate, caller, message_id)
        await gate.outbox.delivery.cancel(message, caller.id, body.official)
        cancelled = await gate.outbox.delivery.on_file(message_id)
        return reply(_shown(gate, cancelled, language_of(request.headers)))

    return await once(request, caller, content, produce)


@router.post("/replays/preview", openapi_extra=described(PreviewBody), summary="What a replay would do")
async def preview(request: Request) -> Response:
    """Weigh dead letters with today's contracts and consents; nothing is sent."""
    gate = gate_of(request)
    caller_of(request, Role.OPERATOR)
    body = parse(PreviewBody, await read_bytes(request, gate.largest_body))
    seen = await gate.outbox.replays.preview(body.selection.selection())
    return reply(_previewed(seen))


@router.post("/replays", openapi_extra=described(ReplayBody), summary="Send dead letters again")
async def start(request: Request) -> Response:
    """Start the replay that a preview has shown; it goes on in the background, and stops when much fails."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ReplayBody, content)
        replay = await gate.outbox.replays.start(
            body.selection.selection(), body.preview, caller.id, OfficialId(body.official), body.per_minute
        )
        return reply(await _told(gate, replay), 202, {"Location": f"/v1/deliveries/replays/{replay.id}"})

    return await once(request, caller, content, produce)


@router.get("/replays/{replay_id}", summary="One replay")
async def replay_of(request: Request, replay_id: Code) -> Response:
    """Show how far a replay has come."""
    gate = gate_of(request)
    caller_of(request, Role.OPERATOR)
    return reply(await _told(gate, await gate.outbox.replays.get(replay_id)))


@router.post("/replays/{replay_id}/stop", openapi_extra=described(StopBody), summary="Stop a replay")
async def stop(request: Request, replay_id: Code) -> Response:
    """Stop a replay: what it has not come to stays a dead letter."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        official = parse(StopBody, content).official
        await gate.outbox.replays.stop(await gate.outbox.replays.get(replay_id), "by-hand", official)
        return reply(await _told(gate, await gate.outbox.replays.get(replay_id)))

    return await once(request, caller, content, produce)


async def _visible(gate: Gate, caller: Caller, message_id: str) -> Message:
    message = await gate.outbox.delivery.on_file(message_id)
    if not caller.has(Role.OPERATOR) and message.sender != caller.id:
        raise NotFoundError
    return message


def _shown(gate: Gate, message: Message, language: str) -> Mapping[str, Any]:
    """Give a message without anything of the person: not even her reference."""
    shown: dict[str, Any] = {
        "id": message.id,
        "type": message.type,
        "agency": message.agency,
        "sender": message.sender,
        "case": message.case,
        "purpose": message.purpose,
        "priority": Priority(message.priority).name.lower(),
        "exchange_id": message.exchange_id,
        "state": message.state.value,
        "code": message.code,
        "attempts": message.attempts,
        "submitted_at": message.submitted_at,
        "due_at": message.due_at if message.state is State.READY else None,
        "expires_at": message.expires_at,
        "settled_at": message.settled_at,
    }
    if message.state in LETTERS:
        step = next_step(message.code, gate.pipeline.contracts.vocabulary.reasons)
        shown["next_step"] = getattr(step, language)
    return shown


def _previewed(seen: Preview) -> Mapping[str, Any]:
    named = [
        {"id": message.id, "agency": message.agency, "type": message.type, "fate": fate, "reason": reason}
        for message, fate, reason in seen.messages[:SHOWN]
    ]
    return {
        "preview": seen.token,
        "counts": {fate.value: count for fate, count in seen.fates.items()},
        "reasons": seen.reasons,
        "messages": named,
    }


async def _told(gate: Gate, replay: Replay) -> Mapping[str, Any]:
    progress = await gate.outbox.replays.progress(replay)
    return {
        "id": replay.id,
        "state": replay.state,
        "code": replay.code,
        "agency": replay.agency,
        "official": replay.official,
        "per_minute": replay.per_minute,
        "at": replay.at,
        "ended_at": replay.ended_at,
        "replayed": replay.revived,
        "refused": replay.refused,
        "delivered": progress.delivered,
        "failing": progress.failing,
        "under_way": progress.under_way,
    }
