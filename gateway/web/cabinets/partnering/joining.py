"""The way aboard, for an organisation that nobody knows yet: applying, and seeing where that stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.offers.partners import Partner
from gateway.storage.engine import now
from gateway.web.cabinets.form import Form, read_form
from gateway.web.cabinets.partnering.words import FAULTS, REGISTERED, STANDINGS, UNKNOWN_FAULT, Fault
from gateway.web.cabinets.shell import page
from gateway.web.cabinets.words import N_
from gateway.web.gate import exchange_id_of, gate_of
from gateway.web.partners import PartnerBody, enlist
from gateway.web.wire import places_of

router = APIRouter(include_in_schema=False)
FIELDS: Final[Mapping[str, str]] = {
    "id": N_("Short name, by which programs will know you"),
    "scheme": N_("Kind of number"),
    "identifier": N_("The organisation's number"),
    "name_uk": N_("Name in Ukrainian"),
    "name_en": N_("Name in English"),
    "role": N_("Whom to ask: a role, not a person"),
    "address": N_("Address of that role: e-mail or telephone"),
    "signing": N_("Public key that your programs sign with (JWK)"),
    "contract": N_("Contract that you agree to"),
}
WHERE: Final[Mapping[str, str]] = {
    "name": "name_uk",
    "contacts": "address",
}
"""Fields of the page by the first step of what the rules point at, where the two differ."""
SCHEMES: Final[Mapping[str, str]] = {
    "edrpou": N_("Number of the companies register (EDRPOU)"),
    "lei": N_("Legal entity identifier (LEI)"),
    "foreign": N_("A number of another country"),
}


@router.get("/cabinet/partnering/apply")
async def form(request: Request) -> Response:
    """Show the form to anybody: who applies has no account yet."""
    return _form(request, {}, [])


@router.post("/cabinet/partnering/apply")
async def apply(request: Request) -> Response:
    """Put an application on file by the rules of the interface, its pace included."""
    gate = gate_of(request)
    gate.offering.applying.admit(request.client.host if request.client else "", now())
    gate.running.admit()
    sent = await read_form(request, gate.largest_body)
    typed = {name: sent.get(name) for name in FIELDS}
    try:
        partner = await enlist(gate, _body(sent), exchange_id_of(request))
    except BodyInvalidError as invalid:
        return _form(request, typed, invalid.places)
    except ConflictError as conflict:
        return _form(request, typed, [{"pointer": "/id", "code": conflict.code}])
    return _standing(request, partner)


@router.get("/cabinet/partnering/application")
async def ask(request: Request) -> Response:
    """Show where somebody who applied can ask how it stands."""
    return _asked(request)


@router.post("/cabinet/partnering/application")
async def tell(request: Request) -> Response:
    """Tell how an application stands, to whoever knows both its short name and its number."""
    gate = gate_of(request)
    gate.offering.applying.admit(request.client.host if request.client else "", now())
    sent = await read_form(request, gate.largest_body)
    try:
        partner = await gate.offering.partners.get(sent.get("id"))
    except NotFoundError:
        return _asked(request, missing=True)
    if partner.identifier != sent.get("identifier"):
        return _asked(request, missing=True)
    return _standing(request, partner)


def _body(sent: Form) -> PartnerBody:
    members = {
        "id": sent.get("id"),
        "scheme": sent.get("scheme"),
        "identifier": sent.get("identifier"),
        "name": {"uk": sent.get("name_uk"), "en": sent.get("name_en")},
        "contacts": [{"role": sent.get("role"), "address": sent.get("address")}],
        "signing": [_key(sent.get("signing"))],
        "contract": sent.get("contract"),
    }
    try:
        return PartnerBody.model_validate_json(orjson.dumps(members))
    except ValidationError as error:
        raise BodyInvalidError("not-as-described", places_of(error, PartnerBody)) from None


def _key(text: str) -> Any:
    """Read a key; what is none is left to the rules, which refuse it with all else that is wrong."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _form(request: Request, typed: Mapping[str, str], places: list[Mapping[str, str]]) -> Response:
    faults = [_fault(each) for each in places]
    return page(
        request,
        None,
        "partnering/apply.html",
        422 if faults else 200,
        typed={name: typed.get(name, "") for name in FIELDS},
        faults=faults,
        wrong={fault.field: fault for fault in faults},
        fields=FIELDS,
        schemes=SCHEMES,
        contracts=gate_of(request).pipeline.contracts.contracts,
    )


def _fault(place: Mapping[str, str]) -> Fault:
    steps = [part for part in place["pointer"].split("/") if part and not part.isdecimal()]
    last = steps[-1] if steps else "id"
    field = last if last in FIELDS else WHERE.get(steps[0] if steps else "", "id")
    if steps[:1] == ["name"]:
        field = f"name_{last}" if f"name_{last}" in FIELDS else "name_uk"
    return Fault(0, field, FIELDS[field], FAULTS.get(place["code"], UNKNOWN_FAULT))


def _asked(request: Request, *, missing: bool = False) -> Response:
    return page(request, None, "partnering/application.html", 404 if missing else 200, missing=missing)


def _standing(request: Request, partner: Partner) -> Response:
    return page(
        request,
        None,
        "partnering/standing.html",
        partner=partner,
        standings=STANDINGS,
        registered=REGISTERED,
    )
