"""Partners come aboard: they apply, operators approve, suspend and let in again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId, OfficialId
from gateway.agencies import AgenciesError, Role, agency_of
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.offers.partners import Partner, Standing
from gateway.web.gate import caller_of, gate_of
from gateway.web.replying import reply
from gateway.web.wire import Body, Code, OfficialBody, Reference, described, parse, read_bytes

router = APIRouter(prefix="/v1/partners", tags=["partners"])
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Key = Annotated[dict[str, Annotated[str, Field(max_length=600)]], Field(max_length=12)]


class Names(Body):
    """A name in the two languages people read."""

    uk: Annotated[Reference, Field(min_length=1)]
    en: Annotated[Reference, Field(min_length=1)]


class PartnerContactBody(Body):
    """Whom to reach there: a role, never a person."""

    role: Code
    address: Annotated[Reference, Field(min_length=3)]


class PartnerBody(Body):
    """`POST /v1/partners`: who applies, by which number, with which public keys (RFC 7517)."""

    id: Id
    scheme: Code
    identifier: Annotated[str, Field(min_length=3, max_length=64, pattern=r"^[0-9A-Za-z./-]+$")]
    name: Names
    contacts: Annotated[list[PartnerContactBody], Field(min_length=1, max_length=10)]
    signing: Annotated[list[Key], Field(min_length=1, max_length=4)]
    recipient: Key | None = None
    contract: Annotated[str, Field(pattern=r"^sha-256:[0-9a-f]{64}$")]


class ByBody(Body):
    """Which official acts, and why where a reason belongs to it."""

    official: OfficialBody
    reason: Code = "not-stated"


@router.post("", openapi_extra=described(PartnerBody), summary="Apply as a partner")
async def apply(request: Request) -> Response:
    """Register an organisation that gives support: its number is checked, its keys are taken as given.

    Nothing is open to it until two officials have approved. No token: who applies has none yet.
    """
    gate = gate_of(request)
    body = parse(PartnerBody, await read_bytes(request, gate.largest_body))
    gate.running.admit()
    if not gate.offering.taxonomy.holds(body.scheme, body.identifier):
        raise BodyInvalidError("not-as-described", [{"pointer": "/identifier", "code": "check-digit"}])
    if gate.pipeline.contracts.by_digest(body.contract) is None:
        raise BodyInvalidError("not-as-described", [{"pointer": "/contract", "code": "unknown-contract"}])
    entry = body.model_dump(include={"name", "contacts", "signing", "recipient"}, exclude_none=True)
    try:
        agency_of(
            AgencyId(body.id), {**{k: v for k, v in entry.items() if k != "contacts"}, "roles": ["partner"]}
        )
    except AgenciesError:
        raise BodyInvalidError(
            "not-as-described", [{"pointer": "/signing", "code": "not-a-public-key"}]
        ) from None
    partner = Partner(
        AgencyId(body.id),
        body.scheme,
        body.identifier,
        Standing.APPLIED,
        entry,
        body.contract,
        (),
        "unchecked",
        1,
    )
    return _shown(await gate.offering.partners.apply(partner), 201)


@router.get("", summary="Who has applied")
async def everyone(request: Request) -> Response:
    """List everybody who registered and where they stand (role `operator`)."""
    gate, _ = gate_of(request), caller_of(request, Role.OPERATOR)
    return reply({"partners": [_json(each) for each in await gate.offering.partners.all()]})


@router.get("/{partner_id}", summary="One partner")
async def get(request: Request, partner_id: Code) -> Response:
    """Show one, to operators and to itself."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR, Role.PARTNER)
    if not caller.has(Role.OPERATOR) and caller.id != partner_id:
        raise NotFoundError
    return _shown(await gate.offering.partners.get(partner_id))


@router.post("/{partner_id}/approvals", openapi_extra=described(ByBody), summary="Approve a partner")
async def approve(request: Request, partner_id: Code) -> Response:
    """Note one official's approval; the second, by another official, lets the partner in."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    body = parse(ByBody, await read_bytes(request, gate.largest_body))
    partners = gate.offering.partners
    partner = await partners.get(partner_id)
    return _shown(await partners.approve(partner, caller.id, OfficialId(body.official.id)))


@router.post("/{partner_id}/suspension", openapi_extra=described(ByBody), summary="Suspend a partner")
async def suspend(request: Request, partner_id: Code) -> Response:
    """Keep a partner out from its next request on, on one official's word."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    body = parse(ByBody, await read_bytes(request, gate.largest_body))
    partners = gate.offering.partners
    partner = await partners.get(partner_id)
    return _shown(await partners.suspend(partner, caller.id, OfficialId(body.official.id), body.reason))


@router.delete("/{partner_id}/suspension", summary="End a suspension")
async def readmit(request: Request, partner_id: Code, official: Code) -> Response:
    """Let a suspended partner be approved anew, by two officials as at first."""
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    partners = gate.offering.partners
    return _shown(await partners.readmit(await partners.get(partner_id), caller.id, OfficialId(official)))


def _shown(partner: Partner, status: int = 200) -> Response:
    return reply(_json(partner), status, {"ETag": f'"{partner.version}"'})


def _json(partner: Partner) -> object:
    return {
        "id": partner.id,
        "scheme": partner.scheme,
        "identifier": partner.identifier,
        "standing": partner.standing.value,
        "name": partner.entry["name"],
        "contacts": partner.entry["contacts"],
        "contract": partner.contract,
        "approved_by": partner.approved_by,
        "registered": partner.registered,
    }
