"""Agencies, and partners that wait to be let in: two officials approve, one can suspend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.offers.partners import APPROVALS, Partner, Standing
from gateway.signin.officials import Cabinet
from gateway.signin.sessions import Level
from gateway.web.cabinets.shell import form_of, page, see_other, signed_in
from gateway.web.gate import Gate, exchange_id_of, gate_of
from gateway.web.partners import approve_partner
from gateway.web.wire import Code

router = APIRouter(include_in_schema=False)

HERE = "/cabinet/operating/agencies"


@dataclass(frozen=True, slots=True)
class Applicant:
    """One partner: what it says of itself, what the companies register says, and who approved."""

    id: str
    name: Any
    scheme: str
    identifier: str
    contacts: Sequence[Any]
    standing: str
    registered: str
    approved_by: Sequence[str]
    mine: bool


@router.get(HERE)
async def listed(request: Request) -> Response:
    """List the agencies with their roles, and the partners with where they stand."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    partners = await gate.offering.partners.all()
    return page(
        request,
        who,
        "operating/agencies.html",
        agencies=[
            (each.id, each.name, sorted(role.value for role in each.roles), each.recipient is not None)
            for each in sorted(gate.agencies.values(), key=lambda agency: agency.id)
        ],
        partners=[_shown(each, who.official) for each in partners],
        needed=APPROVALS,
    )


@router.post(HERE + "/{partner_id}/approval")
async def approve(request: Request, partner_id: Code) -> Response:
    """Note the approval of whoever sits here; she has to be sure of it, and so have we."""
    who, gate = await signed_in(request, Cabinet.OPERATING, Level.HIGH), gate_of(request)
    await form_of(request, who)
    await approve_partner(gate, who.caller, partner_id, who.official, exchange_id_of(request))
    return see_other(HERE)


@router.post(HERE + "/{partner_id}/suspension")
async def suspend(request: Request, partner_id: Code) -> Response:
    """Keep a partner out from its next request on."""
    who, gate = await signed_in(request, Cabinet.OPERATING, Level.HIGH), gate_of(request)
    await form_of(request, who)
    partners = gate.offering.partners
    await partners.suspend(await partners.get(partner_id), who.caller.id, who.official, "operator-decision")
    return see_other(HERE)


async def applying(gate: Gate) -> int:
    """Count the partners that wait."""
    return sum(each.standing is Standing.APPLIED for each in await gate.offering.partners.all())


def _shown(partner: Partner, official: str) -> Applicant:
    return Applicant(
        partner.id,
        partner.entry["name"],
        partner.scheme,
        partner.identifier,
        partner.entry.get("contacts", ()),
        partner.standing.value,
        partner.registered.value,
        partner.approved_by,
        official in partner.approved_by,
    )
