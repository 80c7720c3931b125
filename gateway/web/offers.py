"""Offers, by the partner who makes them: submitted, changed, published, withdrawn, confirmed, exported."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId
from gateway.agencies import Role
from gateway.faults import BodyInvalidError
from gateway.identity import Caller
from gateway.offers.allocation import Allocation, Stage
from gateway.offers.demand import demand
from gateway.offers.form import OfferBody, Row, check, read_forms
from gateway.offers.hsds import form_of, service_of
from gateway.offers.imports import Import
from gateway.offers.offer import Offer, State
from gateway.offers.offering import Offering
from gateway.offers.offers import OfferKnownError
from gateway.offers.sheets import read_sheet
from gateway.storage.engine import now
from gateway.web.gate import Gate, caller_of, gate_of, language_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.versions import version_of
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/offers", tags=["offers"])
Page = Annotated[int, Query(ge=1, le=200)]
LARGEST_UPLOAD = 10 * 1024 * 1024


async def partner_of(request: Request) -> Caller:
    """Authenticate a partner, whose suspension works from this very request on."""
    caller = caller_of(request, Role.PARTNER)
    await gate_of(request).offering.partners.require_active(caller.id)
    return caller


@router.post("", openapi_extra=described(OfferBody), summary="Submit an offer")
async def submit(request: Request) -> Response:
    """Put an offer on file as a draft. The same offer under the same `external_id` is taken once."""
    gate, caller = gate_of(request), await partner_of(request)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(OfferBody, content)
        check(body, gate.offering.taxonomy, gate.offering.codifier.knows)
        try:
            offer, status = await gate.offering.offers.submit(caller.id, body), 201
        except OfferKnownError as known:
            offer, status = known.offer, 200
        return _shown(offer, status)

    return await once(request, caller, content, produce)


@router.get("", summary="The partner's own offers")
async def own(request: Request, after: Code = "0", limit: Page = 50) -> Response:
    """List the partner's offers in the order in which they came; `after` is the `next` of the page before."""
    gate, caller = gate_of(request), await partner_of(request)
    found = await gate.offering.offers.of(caller.id, after, limit)
    more = found[-1].id if len(found) == limit else None
    return reply({"offers": [as_json(offer) for offer in found], "next": more})


@router.get("/demand", summary="What was looked for and not found")
async def missing(request: Request) -> Response:
    """Give, by oblast and category, what case workers looked for in vain over the last quarter."""
    gate, _ = gate_of(request), await partner_of(request)
    offering, language = gate.offering, language_of(request.headers)
    rows = await demand(gate.database, offering.taxonomy, now().date())
    return reply(
        {
            "demand": [
                {
                    "area": row.area,
                    "area_name": offering.codifier.name(row.area),
                    "category": row.category,
                    "category_name": getattr(offering.taxonomy.categories[row.category], language),
                    "reason": row.reason,
                    "count": row.count,
                }
                for row in rows
            ]
        }
    )


@router.post("/imports", summary="Submit many offers in one file")
async def upload(request: Request) -> Response:
    """Take a CSV, an XLSX or an HSDS JSON: every row checked first, then all of them or none.

    Answers 202 with a `Location` that tells how far it has come, or which rows are wrong and why.
    """
    gate, caller = gate_of(request), await partner_of(request)
    content = await read_bytes(request, LARGEST_UPLOAD)
    begun = await take_file(gate, caller.id, content, request.headers.get("content-type", ""))
    return reply(_import(begun), 202, {"Location": f"/v1/offers/imports/{begun.id}"})


async def take_file(gate: Gate, partner: AgencyId, content: bytes, media_type: str) -> Import:
    """Check a file of offers and begin to take it, where nothing in it is wrong.

    Raises:
        BodyInvalidError: it is no such file at all.
        ConflictError: another one of this partner is still being taken.
    """
    offering, imports = gate.offering, gate.offering.imports
    rows, faults = await asyncio.to_thread(_rows, offering, content, media_type)
    begun = await imports.begin(partner, rows, faults)
    if begun.state == "running":
        gate.running.admit()
        gate.running.start(imports.run(begun, rows))
    return begun


@router.get("/imports/{import_id}", summary="How far an upload has come")
async def uploaded(request: Request, import_id: Code) -> Response:
    """Show how many rows are taken, or what is wrong in which row."""
    gate, caller = gate_of(request), await partner_of(request)
    return reply(_import(await gate.offering.imports.get(import_id, caller.id)))


@router.get("/hsds", summary="The partner's offers as HSDS services")
async def exported(request: Request) -> Response:
    """Give the partner's offers in HSDS 3.0's nested JSON, with `service_capacity`."""
    gate, caller = gate_of(request), await partner_of(request)
    found = await gate.offering.offers.of(caller.id, "0", 10_000)
    name = caller.agency.name.get(language_of(request.headers), caller.id)
    services = [service_of(offer, name) for offer in found]
    page = {"total_items": len(services), "total_pages": 1, "page_number": 1, "size": len(services)}
    flags = {"first_page": True, "last_page": True, "empty": not services}
    return reply({**page, **flags, "contents": services})


@router.get("/{offer_id}", summary="One offer")
async def get(request: Request, offer_id: Code) -> Response:
    """Show one of the partner's own offers."""
    gate, caller = gate_of(request), await partner_of(request)
    return _shown(await gate.offering.offers.get(offer_id, caller.id))


@router.patch("/{offer_id}", summary="Change an offer")
async def change(request: Request, offer_id: Code) -> Response:
    """Change the members given (RFC 7396, top level); what is promised stays promised."""
    gate, caller = gate_of(request), await partner_of(request)
    content = await read_bytes(request, gate.largest_body)
    offer = await gate.offering.offers.get(offer_id, caller.id)
    body = parse(OfferBody, orjson.dumps({**offer.content, **_members(content)}))
    check(body, gate.offering.taxonomy, gate.offering.codifier.knows)
    return _shown(
        await gate.offering.offers.rewrite(offer, body, version_of(request.headers.get("if-match")))
    )


@router.post("/{offer_id}/publication", summary="Publish an offer")
async def publish(request: Request, offer_id: Code) -> Response:
    """Let case workers find it: it is submitted, verified by the rules, and published."""
    gate, caller = gate_of(request), await partner_of(request)

    async def produce() -> Response:
        offer = await gate.offering.offers.get(offer_id, caller.id)
        return _shown(await gate.offering.offers.publish(offer, caller.id))

    return await once(request, caller, b"", produce)


@router.post("/{offer_id}/withdrawal", summary="Withdraw an offer")
async def withdraw(request: Request, offer_id: Code) -> Response:
    """Take it back: nothing more is held of it; what is promised is still owed."""
    gate, caller = gate_of(request), await partner_of(request)

    async def produce() -> Response:
        offer = await gate.offering.offers.get(offer_id, caller.id)
        return _shown(await gate.offering.offers.move(offer, State.WITHDRAWN, caller.id))

    return await once(request, caller, b"", produce)


@router.post("/{offer_id}/confirmation", summary="Say that an offer still holds")
async def confirm(request: Request, offer_id: Code) -> Response:
    """Confirm a published offer; one that nobody confirms sinks in searches, then leaves them."""
    gate, caller = gate_of(request), await partner_of(request)

    async def produce() -> Response:
        offer = await gate.offering.offers.get(offer_id, caller.id)
        return _shown(await gate.offering.offers.confirm(offer))

    return await once(request, caller, b"", produce)


@router.get("/{offer_id}/requests", summary="What is wanted of an offer")
async def requests(request: Request, offer_id: Code, after: Code = "0", limit: Page = 50) -> Response:
    """List what was promised of the offer, each as criteria: the partner learns of no person."""
    gate, caller = gate_of(request), await partner_of(request)
    offer = await gate.offering.offers.get(offer_id, caller.id)
    found = await gate.offering.capacity.of(offer.id, after, limit)
    more = found[-1].id if len(found) == limit else None
    seen = [_request(each) for each in found if each.stage is not Stage.HELD]
    return reply({"requests": seen, "next": more})


def _rows(offering: Offering, content: bytes, media_type: str) -> tuple[list[Row], list[Mapping[str, Any]]]:
    forms = _services(content) if "json" in media_type else read_sheet(content)
    return read_forms(forms, offering.taxonomy, offering.codifier.knows)


def _services(content: bytes) -> Iterable[tuple[int, Mapping[str, Any]]]:
    try:
        document = orjson.loads(content)
        return list(enumerate(map(form_of, document["contents"]), 1))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BodyInvalidError("not-hsds") from None


def _members(content: bytes) -> Mapping[str, Any]:
    try:
        members = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise BodyInvalidError("not-json") from None
    if not isinstance(members, dict):
        raise BodyInvalidError("not-as-described")
    return members


def _shown(offer: Offer, status: int = 200) -> Response:
    return reply(as_json(offer), status, {"ETag": f'"{offer.version}"', "Location": f"/v1/offers/{offer.id}"})


def as_json(offer: Offer) -> Mapping[str, Any]:
    """Show an offer as its partner sees it."""
    return {
        "id": offer.id,
        "state": offer.state.value,
        **offer.content,
        "available": offer.available,
        "reserved": offer.reserved,
        "delivered": offer.delivered,
        "confirmed_at": offer.confirmed_at,
        "version": offer.version,
    }


def _request(allocation: Allocation) -> Mapping[str, Any]:
    return {
        "allocation": allocation.id,
        "state": allocation.stage.value,
        "quantity": allocation.quantity,
        "age_band": allocation.need.age_band,
        "sex": allocation.need.sex,
        "factor": allocation.need.factor,
        "area": allocation.need.area,
        "promised_at": allocation.promised_at,
    }


def _import(taken: Import) -> Mapping[str, Any]:
    return {
        "id": taken.id,
        "state": taken.state,
        "rows": taken.rows,
        "taken": taken.taken,
        "known": taken.known,
        "errors": taken.faults,
    }
