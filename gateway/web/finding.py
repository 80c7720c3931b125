"""Offers, by the case worker who needs one: found, held, confirmed; and the partner's side of a promise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Json, Kind
from contracts.vocabulary import NAME, AgencyId, CaseId, ExchangeId, OfficialId, Subject, SubjectRef
from gateway.agencies import Role
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.identity import Caller
from gateway.offers.allocation import Beneficiary, Need
from gateway.offers.areas import area_of
from gateway.offers.demand import note_unmet
from gateway.offers.facts import family_of, informed, self_of
from gateway.offers.offer import Offer, State
from gateway.offers.register import SameHelp, Trust
from gateway.offers.search import Found, Wanted, search
from gateway.reuse import Reused, Use, use_again
from gateway.storage.engine import now
from gateway.web.finding_wire import OfferHoldBody, SearchBody
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of, language_of
from gateway.web.idempotency import once
from gateway.web.promises import promise
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1", tags=["offers"])


@router.post("/offers/search", openapi_extra=described(SearchBody), summary="Find offers for a need")
async def find(request: Request) -> Response:
    """Find published offers, nearest first, each with why it fits; near misses with what stands in the way.

    The search is on record with the names of the facts that were used, not with the facts.
    """
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    body = parse(SearchBody, await read_bytes(request, gate.largest_body))
    return reply(await find_offers(request, caller, body, language_of(request.headers)))


async def find_offers(
    request: Request,
    caller: Caller,
    body: SearchBody,
    language: str,
    via: Mapping[str, Json] = MappingProxyType({}),
) -> Mapping[str, Any]:
    """Find them on behalf of a request. Raises `BodyInvalidError`, `NotFoundError` and as `use_again`.

    `via` names the protocol by which the search came, and its ids there.
    """
    gate = gate_of(request)
    wanted = _wanted(gate, body)
    await gate.cases.get(caller.id, CaseId(body.case))
    found = await search(gate.database, wanted, gate.offering.taxonomy, now())
    reused = None
    if body.exchange_id:
        criteria = {name for each in found for name in (*each.reasons, *each.against)}
        facts = gate.offering.taxonomy.facts
        use = _use(request, body.exchange_id, body, facts.fields(criteria))
        reused = await use_again(gate.pipeline, gate.kept, caller, use)
        wanted = informed(wanted, reused.values, facts, now().date())
        found = await search(gate.database, wanted, gate.offering.taxonomy, now())
    matches = [each for each in found if not each.against]
    if not matches:
        await note_unmet(
            gate.database,
            gate.offering.taxonomy,
            wanted.area,
            wanted.category,
            "near-miss" if found else "none",
        )
    details: dict[str, Json] = {"category": wanted.category, "facts": _used(found), "matches": len(matches)}
    if via:
        details["via"] = dict(via)
    await gate.pipeline.log.note(_entry(caller, body, "searched", reused, details))
    trust = await gate.offering.register.trust({each.offer.partner for each in found}, now())
    return {
        "matches": [_found(gate, each, trust, language) for each in matches],
        "near_misses": [_found(gate, each, trust, language) for each in found if each.against],
    }


def _use(
    request: Request, exchange_id: str, body: SearchBody | OfferHoldBody, fields: Collection[str]
) -> Use:
    official = OfficialId(body.official.id)
    return Use(exchange_id, ExchangeId(exchange_id_of(request)), CaseId(body.case), official, fields)


def _entry(
    caller: Caller,
    body: SearchBody | OfferHoldBody,
    result: str,
    reused: Reused | None,
    details: dict[str, Json] | None = None,
) -> Event:
    """Write that offers or a family were looked for: of which history, on which contract, by which fields."""
    used: dict[str, Json] = {"fields": sorted(reused.values)} if reused else {}
    return Event(
        kind=Kind.OFFER,
        at=now(),
        agency=caller.id,
        official=body.official.id,
        case=body.case,
        result=result,
        exchange_id=(body.exchange_id or "") if reused else "",
        subject_ref=reused.subject_ref if reused else "",
        purpose=reused.purpose if reused else "",
        contract=reused.contract if reused else "",
        details={**(details or {}), **used},
    )


@router.post(
    "/offers/{offer_id}/holds", openapi_extra=described(OfferHoldBody), summary="Hold some of an offer"
)
async def hold(request: Request, offer_id: Code) -> Response:
    """Reserve for half an hour, in an open case of this person. Says if the family has this help already."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        shown = await hold_offer(request, caller, offer_id, parse(OfferHoldBody, content))
        return reply(shown, 201, {"Location": f"/v1/holds/{shown['id']}"})

    return await once(request, caller, content, produce)


async def hold_offer(
    request: Request, caller: Caller, offer_id: str, body: OfferHoldBody
) -> Mapping[str, Any]:
    """Hold some of an offer on behalf of a request.

    Raises:
        NotFoundError: no such offer that could be held.
        CaseNotOpenError: the case is not open, not hers or not this official's.
    """
    gate = gate_of(request)
    offer = await gate.offering.offers.get(offer_id)
    if offer.state not in {State.PUBLISHED, State.EXHAUSTED}:
        raise NotFoundError
    whom, need = await _beneficiary(gate, caller, body), _need(gate, body)
    if body.exchange_id:
        await _relate(gate, caller, body, _use(request, body.exchange_id, body, _of_family(gate)))
    same = await gate.offering.register.same_help(whom.subject_ref, offer.category, now().date())
    held = await gate.offering.capacity.hold(offer, whom, need, body.quantity)
    return {**promise(held), "same_help": [_same(each) for each in same]}


async def _beneficiary(gate: Gate, caller: Caller, body: OfferHoldBody) -> Beneficiary:
    """Find the person by an open case of this agency with this official on it.

    Raises:
        CaseNotOpenError: the case is not open, not hers or not this official's.
    """
    vocabulary = gate.pipeline.contracts.vocabulary
    ref = await gate.cases.require_open(
        caller.id, CaseId(body.case), body.subject.subject(vocabulary), OfficialId(body.official.id)
    )
    family = [
        known for member in body.household if (known := await _on_file(gate, member.subject(vocabulary)))
    ]
    await gate.offering.register.join(ref, family)
    return Beneficiary(caller.id, OfficialId(body.official.id), CaseId(body.case), ref)


def _of_family(gate: Gate) -> frozenset[str]:
    return gate.offering.taxonomy.facts.of_family


async def _relate(gate: Gate, caller: Caller, body: OfferHoldBody, use: Use) -> None:
    """Note whom a history names as her family, by blind indexes; that it was used is on record."""
    reused = await use_again(gate.pipeline, gate.kept, caller, use)
    facts, blind = gate.offering.taxonomy.facts, gate.pipeline.subjects.blind
    herself = self_of(reused.values, facts)
    family = [blind(NAME, each) for each in family_of(reused.values, facts)]
    own = blind(NAME, herself) if herself else None
    await gate.pipeline.log.note(_entry(caller, body, "family-looked-up", reused))
    await gate.offering.register.relate(reused.subject_ref, own, family)


async def _on_file(gate: Gate, subject: Subject) -> SubjectRef | None:
    """Find a member of the family; whom her name alone would not tell from others is left out."""
    try:
        return await gate.pipeline.subjects.known(subject)
    except ConflictError:
        return None


def _wanted(gate: Gate, body: SearchBody) -> Wanted:
    taxonomy = gate.offering.taxonomy
    _refuse_unknown(gate, body.category, body.area, body.person.factors)
    return Wanted(
        category=body.category,
        area=area_of(body.area, taxonomy.areas),
        quantity=body.quantity,
        factors=frozenset(body.person.factors),
        sex=body.person.sex,
        age=body.person.age,
        household=body.person.household,
        youngest=body.person.youngest,
        language=body.language,
        accessible=body.accessible,
    )


def _need(gate: Gate, body: OfferHoldBody) -> Need:
    taxonomy = gate.offering.taxonomy
    _refuse_unknown(gate, "", body.area, [body.factor])
    return Need(taxonomy.age_band(body.age), body.sex, body.factor, area_of(body.area, taxonomy.areas))


def _refuse_unknown(gate: Gate, category: str, area: str, factors: list[str]) -> None:
    taxonomy, faults = gate.offering.taxonomy, []
    if category and category not in taxonomy.categories:
        faults.append({"pointer": "/category", "code": "unknown-category"})
    if not gate.offering.codifier.knows(area):
        faults.append({"pointer": "/area", "code": "unknown-area"})
    if any(factor not in taxonomy.factors for factor in factors):
        faults.append({"pointer": "/factors", "code": "unknown-factor"})
    if faults:
        raise BodyInvalidError("not-as-described", faults)


def _used(found: Sequence[Found]) -> list[Json]:
    """Name the criteria that were held against the person; nothing is used that no offer asks for."""
    return [*sorted({name for each in found for name in (*each.reasons, *each.against)})]


def _found(gate: Gate, found: Found, trust: Mapping[AgencyId, Trust], language: str) -> Mapping[str, Any]:
    offer: Offer = found.offer
    kept = trust.get(offer.partner, Trust(0, 0))
    partner = gate.agencies.get(offer.partner)
    return {
        "offer": offer.id,
        "partner": offer.partner,
        "partner_name": partner.name.get(language, offer.partner) if partner else offer.partner,
        "promises": {"due": kept.due, "broken": kept.broken},
        "kind": offer.kind,
        "category": offer.category,
        "title": offer.content["title"],
        "conditions": offer.content["conditions"],
        "documents": offer.content["documents"],
        "lead_days": offer.content["lead_days"],
        "delivery": offer.content["delivery"],
        "available": offer.available,
        "unit": offer.content["unit"],
        "valid_until": offer.valid_until,
        "near": found.near,
        "near_name": gate.offering.codifier.name(found.near),
        "reasons": found.reasons,
        "against": found.against,
        "unconfirmed": found.unconfirmed,
    }


def _same(help_had: SameHelp) -> Mapping[str, Any]:
    return {
        "category": help_had.category,
        "partner": help_had.partner,
        "state": help_had.stage.value,
        "on": help_had.on,
        "whose": "person" if help_had.own else "family",
    }
