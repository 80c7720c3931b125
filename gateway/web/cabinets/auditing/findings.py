"""What the record asks about: findings to confirm or dismiss, and random samples that nobody steers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.query import Filter
from audit.query import search as find
from audit.sampling import MOST as MOST_DRAWN
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.oversight.findings import VERDICTS, Question
from gateway.signin.officials import Cabinet
from gateway.web.cabinets.auditing.shown import entries_of, note
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.personal.looks import midnight
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other, signed_in
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/auditing", include_in_schema=False)

STATES = (("open", N_("Not judged yet")), ("confirmed", N_("Confirmed")), ("dismissed", N_("Dismissed")))
LONGEST_NOTE = 2000
PAGE = 50
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}")
_NUMBER = re.compile(r"[0-9]{1,15}")


@router.get("/findings")
async def findings(
    request: Request, state: Literal["open", "confirmed", "dismissed"] = "open", start: int = 0
) -> Response:
    """Show the queue, the oldest question first; what is decided is behind its own link."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    found = await gate.oversight.bench.questions(state)
    shown = found[max(start, 0) : max(start, 0) + PAGE]
    await note(request, who, "findings", len(shown))
    return page(
        request,
        who,
        "auditing/findings.html",
        state=state,
        states=STATES,
        findings=await _with_cases(gate, who, shown),
        all=len(found),
        following=max(start, 0) + PAGE if len(found) > max(start, 0) + PAGE else None,
        raised=request.query_params.get("raised", ""),
    )


@router.post("/findings")
async def look(request: Request) -> Response:
    """Let every rule look through a period; what it raises anew joins the queue."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    form = await form_of(request, who)
    since, until = midnight(gate, form.get("since")), midnight(gate, form.get("until"), days=1)
    raised = await gate.oversight.bench.look(who.caller.id, since, until)
    return see_other(f"/cabinet/auditing/findings?raised={len(raised)}")


@router.get("/findings/{finding_id}")
async def finding(request: Request, finding_id: Code) -> Response:
    """Show one question: why, the entries that it rests on, and the form of the verdict."""
    who = await signed_in(request, Cabinet.AUDITING)
    return await _finding(request, who, finding_id, {}, {})


@router.post("/findings/{finding_id}")
async def judge(request: Request, finding_id: Code) -> Response:
    """Confirm or dismiss it, once, with a code; a note is sealed under the key of whom it is about."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    form = await form_of(request, who)
    typed = {name: form.get(name) for name in ("verdict", "code", "note")}
    wrong = _wrong(form)
    if wrong:
        return await _finding(request, who, finding_id, typed, wrong, 422)
    bench = gate.oversight.bench
    try:
        await bench.judge(
            finding_id, typed["verdict"], who.caller.id, who.official, typed["code"], typed["note"]
        )
    except ConflictError:
        wrong = {"verdict": N_("It has been judged already.")}
        return await _finding(request, who, finding_id, typed, wrong, 409)
    except BodyInvalidError:
        wrong = {
            "note": N_("It is about no single person under whose key a note could be sealed: leave it out.")
        }
        return await _finding(request, who, finding_id, typed, wrong, 422)
    return see_other(f"/cabinet/auditing/findings/{finding_id}")


@router.get("/samples")
async def samples(request: Request) -> Response:
    """Show the form of a sample."""
    who = await signed_in(request, Cabinet.AUDITING)
    return page(request, who, "auditing/samples.html", typed=_empty(), wrong={}, plan=None, drawn={})


@router.post("/samples")
async def draw(request: Request) -> Response:
    """Draw so many releases of every agency; seed and size of an earlier sample draw it again."""
    who, gate = await signed_in(request, Cabinet.AUDITING), gate_of(request)
    form = await form_of(request, who)
    typed = {name: form.get(name) for name in ("each", "seed", "size")}
    wrong = _wrong_sample(typed)
    if wrong:
        return page(request, who, "auditing/samples.html", 422, typed=typed, wrong=wrong, plan=None, drawn={})
    size = int(typed["size"]) if typed["size"] else None
    plan, drawn = await gate.oversight.bench.sample(who.caller.id, int(typed["each"]), typed["seed"], size)
    await note(request, who, "sample", sum(map(len, drawn.values())))
    shown = {agency: await entries_of(gate, who, entries) for agency, entries in drawn.items()}
    names = {agency: gate.oversight.wordings.agency(agency) for agency in drawn}
    return page(
        request, who, "auditing/samples.html", typed=typed, wrong={}, plan=plan, drawn=shown, names=names
    )


def _wrong(form: Form) -> dict[str, str]:
    wrong = {}
    if form.get("verdict") not in VERDICTS:
        wrong["verdict"] = N_("Choose one of the two.")
    if not _CODE.fullmatch(form.get("code")):
        wrong["code"] = N_("Write a short code in Latin letters, such as own-family.")
    if len(form.get("note")) > LONGEST_NOTE:
        wrong["note"] = N_("A note has 2000 characters at most.")
    return wrong


def _wrong_sample(typed: dict[str, str]) -> dict[str, str]:
    wrong = {}
    if not _NUMBER.fullmatch(typed["each"]) or not 0 < int(typed["each"]) <= MOST_DRAWN:
        wrong["each"] = N_("Write a number from 1 to 1000.")
    if typed["seed"] and not _CODE.fullmatch(typed["seed"]):
        wrong["seed"] = N_("This is no code.")
    if typed["size"] and (not typed["seed"] or not _NUMBER.fullmatch(typed["size"])):
        wrong["size"] = N_("Size and seed belong together.")
    return wrong


def _empty() -> dict[str, str]:
    return {"each": "3", "seed": "", "size": ""}


async def _with_cases(
    gate: Gate, who: SignedIn, questions: Sequence[Question]
) -> list[tuple[Question, bool]]:
    """Give questions, and of each whether its case is hidden for the person's safety."""
    hidden = await gate.oversight.veil.over(who.caller, {each.raised.event.subject_ref for each in questions})
    return [(each, each.raised.event.subject_ref in hidden) for each in questions]


async def _finding(
    request: Request,
    who: SignedIn,
    finding_id: str,
    typed: dict[str, str],
    wrong: dict[str, str],
    status: int = 200,
) -> Response:
    gate = gate_of(request)
    asked = next((q for q in await gate.oversight.bench.questions() if q.raised.event.id == finding_id), None)
    if asked is None:
        raise NotFoundError
    evidence = []
    indexes = asked.raised.event.details["evidence"]
    assert isinstance(indexes, list | tuple)  # noqa: S101  every finding has its evidence
    async with gate.database.reading() as connection:
        for index in indexes:
            evidence += await find(connection, Filter(after=int(str(index)) - 1), 1)
    await note(request, who, "findings", len(evidence))
    (shown,) = await _with_cases(gate, who, [asked])
    return page(
        request,
        who,
        "auditing/finding.html",
        status,
        question=shown[0],
        hidden=shown[1],
        evidence=await entries_of(gate, who, evidence),
        typed={"verdict": "", "code": "", "note": "", **typed},
        wrong=wrong,
    )
