"""A partner's offers: as a table, one by one, as a form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import ConflictError
from gateway.offers.allocation import Stage
from gateway.offers.offer import State
from gateway.offers.offers import OfferKnownError
from gateway.storage.engine import now
from gateway.web.cabinets.partnering.desk import ASKED_AFTER, PAGE, at_desk, sheet_of
from gateway.web.cabinets.partnering.offer_form import (
    Typed,
    blank,
    read_offer,
    typed_from,
    typed_of,
    unclear,
)
from gateway.web.cabinets.partnering.words import DELIVERIES, FAULTS, FIELDS, STAGES, STATES, Fault
from gateway.web.cabinets.shell import SignedIn, form_of, local, page, see_other
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate

router = APIRouter(include_in_schema=False)
Shown = Literal["all", "draft", "published", "ended"]
GROUPS: Final[Mapping[str, tuple[str, frozenset[State]]]] = MappingProxyType(
    {
        "all": (N_("All"), frozenset(STATES)),
        "draft": (N_("Drafts"), frozenset({State.DRAFT, State.SUBMITTED, State.VERIFIED})),
        "published": (N_("Published"), frozenset({State.PUBLISHED, State.EXHAUSTED})),
        "ended": (N_("No longer offered"), frozenset({State.EXPIRED, State.WITHDRAWN})),
    }
)
REQUESTS_SHOWN = 50
Act = Literal["publish", "withdraw", "confirm"]


@router.get("/cabinet/partnering/offers")
async def offers(request: Request, shown: Shown = "all", before: str = "") -> Response:
    """List the partner's offers, the newest first."""
    gate, who = await at_desk(request)
    found = await gate.offering.overview.offers(who.caller.id, GROUPS[shown][1], before, PAGE + 1)
    return page(
        request,
        who,
        "partnering/offers.html",
        sheet=sheet_of(found, [each.id for each in found]),
        shown=shown,
        groups=GROUPS,
        states=STATES,
        state=State,
        taxonomy=gate.offering.taxonomy,
        asked_before=now() - ASKED_AFTER,
    )


@router.get("/cabinet/partnering/offers/new")
async def new(request: Request) -> Response:
    """Show an empty form."""
    gate, who = await at_desk(request)
    return _form(request, gate, who, blank(), [])


@router.post("/cabinet/partnering/offers/new")
async def submit(request: Request) -> Response:
    """Put an offer on file, published if that was wanted; what is wrong is told beside the field."""
    gate, who = await at_desk(request)
    form = await form_of(request, who)
    typed, kept = typed_of(form), gate.offering.offers
    body, faults = read_offer(typed, gate.offering)
    if body is None:
        return _form(request, gate, who, typed, faults)
    try:
        offer = await kept.submit(who.caller.id, body)
    except OfferKnownError as known:  # the same form again, a second click
        offer = known.offer
    except ConflictError as conflict:
        return _form(request, gate, who, typed, [_conflict(conflict, "external_id")])
    if form.get("then") == "publish" and offer.state is State.DRAFT:
        offer = await kept.publish(offer, who.caller.id)
    return see_other(f"/cabinet/partnering/offers/{offer.id}")


@router.get("/cabinet/partnering/offers/{offer_id}")
async def one(request: Request, offer_id: str) -> Response:
    """Show one offer, what became of it, and who wants some of it."""
    gate, who = await at_desk(request)
    offering = gate.offering
    offer = await offering.offers.get(offer_id, who.caller.id)
    wanted = await offering.overview.requests(who.caller.id, set(Stage), "", REQUESTS_SHOWN, offer.id)
    return page(
        request,
        who,
        "partnering/offer.html",
        offer=offer,
        wanted=wanted,
        states=STATES,
        state=State,
        stages=STAGES,
        fields=FIELDS,
        deliveries=DELIVERIES,
        taxonomy=offering.taxonomy,
        codifier=offering.codifier,
        asked_before=now() - ASKED_AFTER,
    )


@router.get("/cabinet/partnering/offers/{offer_id}/edit")
async def edit(request: Request, offer_id: str) -> Response:
    """Show an offer's form as it was filled in."""
    gate, who = await at_desk(request)
    offer = await gate.offering.offers.get(offer_id, who.caller.id)
    return _form(request, gate, who, typed_from(offer, gate.offering.codifier), [], offer.id, offer.version)


@router.post("/cabinet/partnering/offers/{offer_id}/edit")
async def change(request: Request, offer_id: str) -> Response:
    """Change an offer, if nobody has meanwhile; what is promised stays promised."""
    gate, who = await at_desk(request)
    form = await form_of(request, who)
    offer, typed = await gate.offering.offers.get(offer_id, who.caller.id), typed_of(form)
    typed = {**typed, "external_id": offer.external_id}
    version = int(form.get("version")) if form.get("version").isdecimal() else 0
    body, faults = read_offer(typed, gate.offering, offer.content)
    if body is None:
        return _form(request, gate, who, typed, faults, offer.id, version)
    try:
        changed = await gate.offering.offers.rewrite(offer, body, version)
    except ConflictError as conflict:
        return _form(request, gate, who, typed, [_conflict(conflict, "quantity")], offer.id, version)
    return see_other(f"/cabinet/partnering/offers/{changed.id}")


@router.post("/cabinet/partnering/offers/{offer_id}/{act}")
async def act(request: Request, offer_id: str, act: Act) -> Response:
    """Publish an offer, take it back, or say that it still holds; and come back to where that was said."""
    gate, who = await at_desk(request)
    form = await form_of(request, who)
    kept = gate.offering.offers
    offer = await kept.get(offer_id, who.caller.id)
    match act:
        case "publish":
            await kept.publish(offer, who.caller.id)
        case "withdraw":
            await kept.move(offer, State.WITHDRAWN, who.caller.id)
        case "confirm":
            await kept.confirm(offer)
    return see_other(local(form.get("back"), f"/cabinet/partnering/offers/{offer.id}"))


def _conflict(conflict: ConflictError, field: str) -> Fault:
    """Say beside a field what contradicts what is on file; anything else is a page of its own."""
    if conflict.code not in FAULTS:
        raise conflict
    return Fault(0, field, FIELDS[field], FAULTS[conflict.code])


def _form(
    request: Request,
    gate: Gate,
    who: SignedIn,
    typed: Typed,
    faults: list[Fault],
    offer_id: str = "",
    version: int = 0,
) -> Response:
    codifier = gate.offering.codifier
    return page(
        request,
        who,
        "partnering/offer_form.html",
        422 if faults else 200,
        typed=typed,
        faults=faults,
        wrong={fault.field: fault for fault in faults},
        offer_id=offer_id,
        version=version,
        fields=FIELDS,
        deliveries=DELIVERIES,
        taxonomy=gate.offering.taxonomy,
        regions=[(code, codifier.path(code)) for code in codifier.widest()],
        unclear=unclear(typed, codifier),
    )
