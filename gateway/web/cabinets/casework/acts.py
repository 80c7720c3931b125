"""The act on a page: begun, written in, completed, taken away as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.assessment.act import Act
from gateway.assessment.document import as_json, lay_out, sources_of
from gateway.assessment.pdf import to_pdf
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError, PreconditionError
from gateway.web.assessments import begin_act
from gateway.web.cabinets.casework.history import reason_words
from gateway.web.cabinets.casework.seat import Seat, seated
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.shell import form_of, page, see_other
from gateway.web.cabinets.words import N_
from gateway.web.replying import reply
from gateway.web.wire import Code

router = APIRouter(prefix="/cabinet/casework/cases/{case}/acts", include_in_schema=False)

CELL = "cell:"
FAULTS: Mapping[str, str] = {
    "not-a-date": N_("Write a day that there is."),
    "not-a-choice": N_("Choose one of the answers."),
    "too-long": N_("Write at most 4000 characters."),
    "control-characters": N_("There are signs in it that cannot be printed."),
}
WHY: Mapping[str, str] = {
    "not-told": N_("the registry told nothing of it"),
    "not-asked": N_("no source was asked that could tell"),
    "sealed": N_("sealed to your agency; your own system opens it"),
}
MEANWHILE = N_(
    "Somebody else has changed the act meanwhile. This is how it stands now; write yours in again."
)
DISPUTED = N_("Sources disagree about some cells. Decide each of them before you complete the act.")


@router.post("")
async def begin(request: Request, case: Code) -> Response:
    """Begin an act from a history of this case, and open it."""
    seat = await seated(request, case)
    form, who = await form_of(request, seat.who), seat.who
    act = await begin_act(
        seat.gate, who.caller, who.official, seat.case.id, form.get("exchange_id"), who.language, who.name
    )
    return see_other(f"{seat.place}/acts/{act.id}")


@router.get("/{act_id}")
async def one(request: Request, case: Code, act_id: Code) -> Response:
    """Show an act, each text with whose it is; a draft can be written in."""
    seat = await seated(request, case)
    return _page(request, seat, await _act(seat, act_id))


@router.post("/{act_id}")
async def write(request: Request, case: Code, act_id: Code) -> Response:
    """Save what was written, or save and complete. Nobody's words are lost: an older version is refused."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    await _act(seat, act_id)
    complete = form.get("do") == "complete"
    try:
        await seat.gate.casework.assessments.change(
            act_id,
            seat.who.caller.id,
            seat.who.official,
            _cells(form),
            int(form.get("version")) if form.get("version").isdecimal() else 0,
            complete=complete,
        )
    except PreconditionError:
        return _page(request, seat, await _act(seat, act_id), MEANWHILE)
    except ConflictError:
        return _page(request, seat, await _act(seat, act_id), DISPUTED if complete else MEANWHILE)
    except BodyInvalidError as error:
        faults = {each["pointer"].removeprefix("/cells/"): FAULTS[each["code"]] for each in error.places}
        return _page(request, seat, await _act(seat, act_id), "", faults, _cells(form))
    return see_other(f"{seat.place}/acts/{act_id}")


@router.get("/{act_id}/file.{kind}")
async def take(request: Request, case: Code, act_id: Code, kind: Literal["pdf", "json"]) -> Response:
    """Give the act as a file; that it left is on record."""
    seat = await seated(request, case)
    act = await _act(seat, act_id)
    casework = seat.gate.casework
    await casework.assessments.note_export(act, seat.who.official, kind)
    named = {
        "Content-Disposition": f'attachment; filename="act-{act.case}.{kind}"',
        "Cache-Control": "no-store",
    }
    if kind == "json":
        return reply(as_json(casework.assessments.form, act), headers=named)
    printed = to_pdf(casework.assessments.form, act, casework.spelling(seat.who.language))
    return Response(printed, headers=named, media_type="application/pdf")


async def _act(seat: Seat, act_id: str) -> Act:
    act = await seat.gate.casework.assessments.get(act_id, seat.who.caller.id, seat.who.official)
    if act.case != seat.case.id:
        raise NotFoundError
    return act


def _cells(form: Form) -> dict[str, str]:
    return {
        name.removeprefix(CELL): values[0] for name, values in form.values.items() if name.startswith(CELL)
    }


def _page(
    request: Request,
    seat: Seat,
    act: Act,
    alarm: str = "",
    faults: dict[str, str] | None = None,
    sent: dict[str, str] | None = None,
) -> Response:
    casework = seat.gate.casework
    spelling = casework.spelling(seat.who.language)

    def why(reason: str) -> str:
        words, _ = reason_words(reason, spelling.vocabulary, seat.who.language)
        return words

    return page(
        request,
        seat.who,
        "casework/act.html",
        422 if alarm or faults else 200,
        seat=seat,
        act=act,
        form=casework.assessments.form,
        parts=lay_out(casework.assessments.form, act, spelling),
        spelling=spelling,
        sources_of=sources_of,
        alarm=alarm,
        faults=faults or {},
        sent=sent or {},
        why=why,
        known_why=WHY,
    )
