"""Help nearby: found with reasons, near misses with what stands in the way; held, confirmed, given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import BodyInvalidError, NotFoundError
from gateway.offers.allocation import Stage
from gateway.web.cabinets.casework.seat import Seat, seated
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.shell import form_of, page, see_other
from gateway.web.cabinets.words import N_
from gateway.web.finding import find_offers, hold_offer
from gateway.web.finding_wire import OfferHoldBody, SearchBody, WantingBody
from gateway.web.promises import promised_to
from gateway.web.wire import Code, OfficialBody

router = APIRouter(prefix="/cabinet/casework/cases/{case}/resources", include_in_schema=False)

MOST_AREAS = 20
CRITERIA: Mapping[str, str] = {
    "area": N_("where the person is"),
    "quantity": N_("the quantity"),
    "factor": N_("the person's circumstances"),
    "sex": N_("sex"),
    "age": N_("age"),
    "household": N_("how many live together"),
    "children": N_("children's age"),
    "language": N_("language"),
    "accessible": N_("access without barriers"),
}
STAGES: Mapping[str, str] = {
    "held": N_("held for half an hour"),
    "confirmed": N_("confirmed, waits for the partner"),
    "accepted": N_("accepted by the partner"),
    "delivered": N_("delivered"),
    "rejected": N_("turned down by the partner"),
    "released": N_("given back"),
    "returned": N_("returned"),
    "expired": N_("the hold has run out"),
}
FAULTS: Mapping[str, str] = {
    "area": N_("No area of this name or code is known. Write the beginning of its name."),
    "category": N_("Choose what is needed."),
    "need": N_("Say for whom: age, sex and circumstances. A partner learns of nothing else."),
}
FIELDS = ("category", "area", "quantity", "age", "sex", "factor", "exchange_id")


@router.get("")
async def ask(
    request: Request, case: Code, exchange_id: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Show what can be looked for; nothing of the person stands in the address."""
    seat = await seated(request, case)
    return _page(request, seat, {"exchange_id": exchange_id, "quantity": "1"}, {})


@router.post("")
async def find(request: Request, case: Code) -> Response:
    """Look for offers for this person. The search is on record, without the facts it used."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    sent = {name: form.get(name) for name in FIELDS}
    areas = _areas(seat, sent["area"])
    if not areas:
        return _page(request, seat, sent, {"area": FAULTS["area"]})
    if len(areas) > 1:
        return _page(request, seat, sent, {}, areas=areas)
    sent["area"] = areas[0][0]
    if sent["category"] not in seat.gate.offering.taxonomy.categories:
        return _page(request, seat, sent, {"category": FAULTS["category"]})
    found = await find_offers(request, seat.who.caller, _search(seat, sent), seat.who.language)
    return _page(request, seat, sent, {}, found=found)


@router.post("/{offer_id}/hold")
async def hold(request: Request, case: Code, offer_id: Code) -> Response:
    """Hold some of an offer for half an hour, and show what to do next."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    sent = {name: form.get(name) for name in FIELDS}
    try:
        held = await hold_offer(request, seat.who.caller, offer_id, await _holding(seat, form))
    except (ValidationError, ValueError, BodyInvalidError):
        return _page(request, seat, sent, {"need": FAULTS["need"]})
    return await _promise(request, seat, held["id"], held["same_help"])


@router.get("/holds/{hold_id}")
async def held(request: Request, case: Code, hold_id: Code) -> Response:
    """Show where a hold or promise stands."""
    return await _promise(request, await seated(request, case), hold_id, [])


@router.post("/holds/{hold_id}")
async def step(request: Request, case: Code, hold_id: Code) -> Response:
    """Confirm a hold, or give it back."""
    seat = await seated(request, case)
    form = await form_of(request, seat.who)
    found = await promised_to(seat.gate, seat.who.caller, hold_id)
    to = Stage.CONFIRMED if form.get("do") == "confirm" else Stage.RELEASED
    if found.case != seat.case.id:
        raise NotFoundError
    await seat.gate.offering.capacity.step(found, to, seat.who.caller.id, "")
    return see_other(f"{seat.place}/resources/holds/{hold_id}")


async def _promise(request: Request, seat: Seat, hold_id: str, same: list[Mapping[str, Any]]) -> Response:
    found = await promised_to(seat.gate, seat.who.caller, hold_id)
    if found.case != seat.case.id:
        raise NotFoundError
    offer = await seat.gate.offering.offers.get(found.offer_id)
    partner = seat.gate.agencies.get(offer.partner)
    return page(
        request,
        seat.who,
        "casework/promise.html",
        seat=seat,
        held=found,
        offer=offer,
        partner=partner.name if partner else {"uk": offer.partner, "en": offer.partner},
        stages=STAGES,
        same=same,
        words=seat.gate.offering.taxonomy,
    )


def _areas(seat: Seat, text: str) -> list[tuple[str, str]]:
    """Give the areas that a code names, or whose names begin like this."""
    codifier = seat.gate.offering.codifier
    if codifier.knows(text):
        return [(text, codifier.names.get(text, text))]
    wanted = text.casefold()
    if not wanted:
        return []
    found = [(code, name) for code, name in codifier.names.items() if name.casefold().startswith(wanted)]
    exact = [pair for pair in found if pair[1].casefold() == wanted]
    return exact if len(exact) == 1 else found[:MOST_AREAS]


def _search(seat: Seat, sent: Mapping[str, str]) -> SearchBody:
    return SearchBody(
        category=sent["category"],
        area=sent["area"],
        quantity=_whole(sent["quantity"]) or 1,
        person=WantingBody(
            age=_whole(sent["age"]),
            sex="female" if sent["sex"] == "female" else "male" if sent["sex"] == "male" else "",
            factors=[sent["factor"]] if sent["factor"] in seat.gate.offering.taxonomy.factors else [],
        ),
        case=seat.case.id,
        official=OfficialBody(id=seat.who.official),
        exchange_id=sent["exchange_id"] or None,
    )


async def _holding(seat: Seat, form: Form) -> OfferHoldBody:
    return OfferHoldBody.model_validate(
        {
            "quantity": _whole(form.get("quantity")) or 1,
            "subject": await seat.named(),
            "case": seat.case.id,
            "official": OfficialBody(id=seat.who.official),
            "age": int(form.get("age")),
            "sex": form.get("sex"),
            "factor": form.get("factor"),
            "area": form.get("area"),
            "exchange_id": form.get("exchange_id") or None,
        }
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004


def _page(
    request: Request,
    seat: Seat,
    sent: Mapping[str, str],
    faults: dict[str, str],
    *,
    areas: list[tuple[str, str]] | None = None,
    found: Mapping[str, Any] | None = None,
) -> Response:
    return page(
        request,
        seat.who,
        "casework/resources.html",
        422 if faults else 200,
        seat=seat,
        sent={**dict.fromkeys(FIELDS, ""), **sent},
        faults=faults,
        areas=areas or [],
        found=found,
        words=seat.gate.offering.taxonomy,
        criteria=CRITERIA,
        area_name=seat.gate.offering.codifier.names.get(sent.get("area", ""), ""),
    )
