"""Partners come aboard: they apply, operators approve, suspend and let in again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId, ExchangeId, OfficialId
from gateway.agencies import AgenciesError, Role, agency_of
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.identity import Caller
from gateway.offers.companies import Registered, look_up
from gateway.offers.partners import Partner, Standing
from gateway.storage.engine import now
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of
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
    """Register an organisation that gives support: its number is checked and looked up.

    Nothing is open to it until two officials have approved. No token: who applies has none yet, and may try
    a few times an hour.
    """
    gate = gate_of(request)
    gate.offering.applying.admit(request.client.host if request.client else "", now())
    gate.running.admit()
    body = parse(PartnerBody, await read_bytes(request, gate.largest_body))
    return _shown(await enlist(gate, body, exchange_id_of(request)), 201)


async def enlist(gate: Gate, body: PartnerBody, exchange_id: str) -> Partner:
    """Put an application on file, with what the companies register says of it.

    Raises:
        BodyInvalidError: its number, contract or keys cannot be right.
        ConflictError: the agency id or the number is taken.
    """
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
        await _look_up(gate, body.scheme, body.identifier, exchange_id, AgencyId(body.id)),
        1,
    )
    return await gate.offering.partners.apply(partner)


async def _look_up(
    gate: Gate, scheme: str, identifier: str, exchange_id: str, agency: AgencyId
) -> Registered:
    vocabulary = gate.pipeline.contracts.vocabulary
    asked_by = ExchangeId(exchange_id), agency
    return await look_up(scheme, identifier, gate.registries, vocabulary, asked_by)


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
    """Note one official's approval; the second, by another official, lets the partner in.

    The companies register is asked anew each time: whom it does not know, or knows to have ended, stays out.
    """
    gate, caller = gate_of(request), caller_of(request, Role.OPERATOR)
    body = parse(ByBody, await read_bytes(request, gate.largest_body))
    official = OfficialId(body.official.id)
    return _shown(await approve_partner(gate, caller, partner_id, official, exchange_id_of(request)))


async def approve_partner(
    gate: Gate, caller: Caller, partner_id: str, official: OfficialId, exchange_id: str
) -> Partner:
    """Note an approval, with what the companies register says now. Raises as `Partners.approve`."""
    partners = gate.offering.partners
    partner = await partners.get(partner_id)
    said = await _look_up(gate, partner.scheme, partner.identifier, exchange_id, caller.id)
    return await partners.approve(partner, caller.id, official, said)


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
        "registered": partner.registered.value,
    }
