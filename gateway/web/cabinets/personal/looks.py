"""Who looked at her data: the newest first, one by itself with its proof, and the proof as a file."""

from __future__ import annotations

from base64 import b64decode
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from audit.proof import Proof
from audit.retracing import Retraced, retrace
from gateway.oversight.appeal import Matter
from gateway.oversight.statements import Line
from gateway.signin.officials import Cabinet
from gateway.web.bodies import LARGEST_INDEX
from gateway.web.cabinets.personal.shown import MATTERS, Look, person
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.gate import Gate, gate_of
from gateway.web.replying import reply
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/personal/looks", include_in_schema=False)

PAGE = 25
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


@router.get("")
async def looks(
    request: Request,
    since: Day = "",
    until: Day = "",
    before: Annotated[int | None, Query(ge=0, le=LARGEST_INDEX)] = None,
) -> Response:
    """List who looked, the newest first, within the days that she chose."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    start, end = midnight(gate, since), midnight(gate, until, days=1)
    statement = await gate.oversight.statements.recent(who.caller.id, person(who), before, PAGE, start, end)
    return page(
        request,
        who,
        "personal/looks.html",
        looks=[Look.of(gate, line) for line in statement.lines],
        earlier=statement.after,
        later=before is not None,
        since=since if start else "",
        until=until if end else "",
    )


@router.get("/{exchange_id}")
async def one(request: Request, exchange_id: Code) -> Response:
    """Show one exchange, and check its proof before her eyes."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    line = await gate.oversight.statements.proved(who.caller.id, person(who), exchange_id)
    return page(
        request,
        who,
        "personal/look.html",
        look=Look.of(gate, line),
        way=_way(gate, line),
        matters=[(each.value, MATTERS[each]) for each in Matter],
    )


@router.get("/{exchange_id}/proof.json")
async def proof(request: Request, exchange_id: Code) -> Response:
    """Give one exchange with its proof as a file that `obmin audit statement` checks without us."""
    who = await signed_in(request, Cabinet.PERSONAL)
    gate = gate_of(request)
    line = await gate.oversight.statements.proved(who.caller.id, person(who), exchange_id)
    content = {
        "log": {"origin": gate.pipeline.log.origin, "key": str(gate.publisher.signer.verifier)},
        "lines": [gate.oversight.wordings.line(line)],
    }
    return saved(reply(content), f"statement-{exchange_id}.json")


def saved(response: Response, name: str) -> Response:
    """Have the browser keep an answer as a file; `name` is ours, never somebody's text."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def midnight(gate: Gate, day: str, days: int = 0) -> datetime | None:
    """Give the beginning of a day by the deployment's clock, so many days later; None for no day."""
    try:
        chosen = date.fromisoformat(day) + timedelta(days=days)
        return datetime.combine(chosen, time(), gate.zone)
    except (ValueError, OverflowError):
        return None


def _way(gate: Gate, line: Line) -> Retraced | None:
    """Go through a line's proof; None where the law holds a part of the entry back."""
    entry: Any = line.entry
    if not entry or not isinstance(line.proof, Proof):
        return None
    return retrace(b64decode(entry), line.proof, gate.publisher.signer.verifier)
