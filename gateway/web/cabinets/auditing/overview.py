"""The auditor's first page: what waits, how the record stands, exchanges per day. And what is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from fastapi import APIRouter
from sqlalchemy import func, literal, select
from starlette.requests import Request
from starlette.responses import Response

from audit.attested import attested
from audit.event import Kind
from audit.store import microseconds
from audit.tables import entries
from gateway.oversight.appeal import OVERSIGHT, Outcome
from gateway.signin.officials import Cabinet
from gateway.storage.engine import now
from gateway.web.appeals import LONGEST, SHORTEST, answered_by, require_answering
from gateway.web.cabinets.auditing.shown import note
from gateway.web.cabinets.look import look_in
from gateway.web.cabinets.personal.shown import OUTCOMES, Asked
from gateway.web.cabinets.pictures import columns
from gateway.web.cabinets.shell import form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/auditing", include_in_schema=False)

DAYS = 14


@router.get("/")
async def overview(request: Request) -> Response:
    """Show what waits for somebody, and the record's state in a line."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    emergencies = await gate.pipeline.emergencies.of(None, unreviewed=True)
    appeals = await gate.oversight.appeals.queue(None)
    days = await _per_day(gate)
    title = look_in(who.language).words.gettext(N_("Releases per day"))
    async with gate.database.reading() as connection:
        state = await attested(connection, gate.publisher.signer.verifier)
    return page(
        request,
        who,
        "auditing/overview.html",
        open=len(await gate.oversight.bench.questions("open")),
        emergencies=len(emergencies),
        complaints=sum(each.to == OVERSIGHT for each in appeals),
        late=sum(each.is_overdue(now().date()) for each in appeals),
        waiting=len(await gate.oversight.unsealings.waiting()),
        state=state,
        vigil=gate.vigil.state,
        publishing=gate.publishing(),
        days=days,
        picture=columns([(f"{day:%d.%m}", count) for day, count in days], title),
    )


@router.get("/log")
async def log(request: Request) -> Response:
    """Show the record's signed head and how far each witness has followed it."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    async with gate.database.reading() as connection:
        state = await attested(connection, gate.publisher.signer.verifier)
    return page(
        request,
        who,
        "auditing/log.html",
        state=state,
        key=str(gate.publisher.signer.verifier),
        vigil=gate.vigil,
        publishing=gate.publishing(),
    )


@router.get("/emergencies")
async def emergencies(request: Request, all: bool = False) -> Response:  # noqa: A002, FBT001, FBT002  a query parameter
    """Show emergencies that wait for their second look, the first due first."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    found = await gate.pipeline.emergencies.of(None, unreviewed=not all)
    await note(request, who, "findings", len(found))
    hidden = await gate.oversight.veil.over(who.caller, {each.subject_ref for each in found})
    words = gate.oversight.wordings
    shown = [
        (each, words.agency(each.agency), words.purpose(each.purpose), each.subject_ref in hidden)
        for each in found
    ]
    return page(request, who, "auditing/emergencies.html", emergencies=shown, all=all, now=now())


@router.get("/appeals")
async def appeals(request: Request) -> Response:
    """Show every appeal that waits: complaints to answer here, the others to see that they are answered."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    found = [Asked.of(gate, each) for each in await gate.oversight.appeals.queue(None)]
    done = request.query_params.get("done", "")
    return page(request, who, "auditing/appeals.html", appeals=found, done=done)


@router.get("/appeals/{appeal_id}")
async def appeal(request: Request, appeal_id: Code) -> Response:
    """Show a complaint with its words; the reading is on record. What others must answer stays sealed."""
    return await _appeal(request, appeal_id, {}, {})


@router.post("/appeals/{appeal_id}")
async def answer(request: Request, appeal_id: Code) -> Response:
    """Answer a complaint, once."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    form = await form_of(request, who)
    typed = {"outcome": form.get("outcome"), "words": form.get("words")}
    wrong = {}
    if typed["outcome"] not in set(Outcome):
        wrong["outcome"] = N_("Choose an answer.")
    if not SHORTEST <= len(typed["words"]) <= LONGEST:
        wrong["words"] = N_("Write the reasons, in 10 to 2000 characters.")
    if wrong:
        return await _appeal(request, appeal_id, typed, wrong, 422)
    outcome = Outcome(typed["outcome"])
    await answered_by(gate, who.caller, appeal_id, who.official, outcome, typed["words"])
    return see_other("/cabinet/auditing/appeals?done=answered")


async def _appeal(
    request: Request, appeal_id: str, typed: dict[str, str], wrong: dict[str, str], status: int = 200
) -> Response:
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    found = await gate.oversight.appeals.get(appeal_id)
    require_answering(found, who.caller)
    words = await gate.oversight.appeals.read(found, who.caller.id, who.official)
    return page(
        request,
        who,
        "auditing/appeal.html",
        status,
        asked=Asked.of(gate, found),
        words=words,
        outcomes=[(each.value, OUTCOMES[each]) for each in Outcome],
        typed={"outcome": "", "words": "", **typed},
        wrong=wrong,
    )


async def _per_day(gate: Gate) -> Sequence[tuple[date, int]]:
    """Count the releases of the last days, each by the deployment's clock."""
    today = now().astimezone(gate.zone).date()
    first = datetime.combine(today - timedelta(days=DAYS - 1), time(), gate.zone)
    length = literal(microseconds(first + timedelta(days=1)) - microseconds(first))
    day = ((entries.c.at - microseconds(first)) // length).label("day")
    counted = (
        select(day, func.count().label("times"))
        .where(entries.c.kind == Kind.RELEASE.value, entries.c.at >= microseconds(first))
        .group_by(day)
    )
    found = {row.day: row.times for row in await gate.database.fetch(counted)}
    return [(first.date() + timedelta(days=number), found.get(number, 0)) for number in range(DAYS)]
