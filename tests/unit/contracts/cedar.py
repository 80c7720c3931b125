"""A contract and what is known, written again in Cedar's language: a second opinion on every decision.

Restrictions become `forbid`, grounds become `permit`, and each consent or order on file a policy of its
own. Nothing of the evaluator is used. What Cedar cannot say, that a source falls with a required field, is
left out by the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cedarpy import Decision, is_authorized_batch

from contracts.contract import Basis, Contract, Grant, Terms
from contracts.facts import ConsentFact, Facts, OrderFact
from contracts.vocabulary import Field, Source

CALM = "!context.urgent"


def allowed(grant: Grant, facts: Facts, at: datetime) -> set[tuple[Source, Field]]:
    """Ask Cedar about every field of a grant."""
    pairs = [(source, field) for source, terms in grant.terms.items() for field in terms.fields]
    asked = requests(grant, context(grant.contract, facts, at))
    answers = is_authorized_batch(asked, policies(grant, facts), entities(grant))
    return {pair for pair, said in zip(pairs, answers, strict=True) if said.decision == Decision.Allow}


def requests(grant: Grant, known: dict[str, Any]) -> list[dict[str, Any]]:
    """Give one request for each field."""
    return [
        {
            "principal": 'Agency::"case-system"',
            "action": 'Action::"pull"',
            "resource": f'Field::"{source}/{field}"',
            "context": known,
        }
        for source, terms in grant.terms.items()
        for field in terms.fields
    ]


def entities(grant: Grant) -> list[dict[str, Any]]:
    """Give each field as an entity in its source, with its category."""
    return [
        {
            "uid": {"type": "Field", "id": f"{source}/{field}"},
            "attrs": {"category": rule.category, "emergency": rule.emergency},
            "parents": [{"type": "Source", "id": source}],
        }
        for source, terms in grant.terms.items()
        for field, rule in terms.fields.items()
    ]


def context(contract: Contract, facts: Facts, at: datetime) -> dict[str, Any]:
    """Give what is known as the requests' context."""
    there, case, declared = at.astimezone(ZoneInfo(contract.time_zone)), facts.case, facts.emergency
    return {
        "now": _instant(at),
        "weekday": there.isoweekday(),
        "minute": there.hour * 60 + there.minute,
        "has_case": case is not None,
        "case_open": bool(case and case.open),
        "same_person": bool(case and case.same_person),
        "on_case": bool(case and facts.official in case.officials),
        "age": -1 if facts.age is None else facts.age,
        "capacity": str(facts.capacity),
        "selector": facts.selector,
        "this_minute": facts.usage.this_minute,
        "this_day": facts.usage.this_day,
        "hidden": sorted(facts.masks - facts.lifted),
        "urgent": declared is not None,
        "declared_here": bool(declared and declared.declared_by == facts.official),
        "role": declared.role if declared else "",
        "reason_length": declared.reason_length if declared else 0,
        "second_factor": bool(declared and declared.second_factor),
        "begun": _instant(declared.begun) if declared else 0,
        "reviews_overdue": declared.reviews_overdue if declared else 0,
    }


def policies(grant: Grant, facts: Facts) -> str:
    """Write a contract, and what is on file of the person, as policies."""
    written = [
        f"forbid(principal, action, resource) when {{ {when} }};" for when in _restrictions(grant.contract)
    ]
    for source, terms in grant.terms.items():
        written += [_permit(source, when) for when in _grounds(terms, facts, grant)]
    return "\n".join(written)


def _permit(source: Source, when: str) -> str:
    head = 'permit(principal == Agency::"case-system", action == Action::"pull", '
    return f'{head}resource in Source::"{source}") when {{ {when} }};'


def _restrictions(contract: Contract) -> Iterator[str]:
    yield "context.hidden.contains(resource.category)"
    yield "context.has_case && !(context.same_person && context.case_open && context.on_case)"
    if contract.case_required:
        yield "!context.has_case"
    if not contract.minors:
        yield f"context.age < {contract.majority}"
    if not contract.deceased:
        yield 'context.capacity == "dead"'
    if contract.selectors is not None:
        yield f"!{json.dumps(sorted(contract.selectors))}.contains(context.selector)"
    if contract.limits.per_minute is not None:
        yield f"context.this_minute >= {contract.limits.per_minute}"
    if contract.limits.per_day is not None:
        yield f"context.this_day >= {contract.limits.per_day}"
    if contract.hours:
        days = json.dumps(sorted(contract.hours.days))
        yield (
            f"!{days}.contains(context.weekday) || context.minute < {contract.hours.begin} "
            f"|| context.minute >= {contract.hours.end}"
        )
    yield _emergency_restriction(contract)


def _emergency_restriction(contract: Contract) -> str:
    terms = contract.emergency
    if terms is None:
        return "context.urgent"
    lasting = min(terms.lasting, timedelta(hours=1)) // timedelta(microseconds=1)
    return (
        "context.urgent && !(context.declared_here && context.second_factor && context.reason_length >= 20 "
        f"&& {json.dumps(sorted(terms.roles))}.contains(context.role) && context.reviews_overdue == 0 "
        f"&& context.begun <= context.now && context.now < context.begun + {lasting})"
    )


def _grounds(terms: Terms, facts: Facts, grant: Grant) -> Iterator[str]:
    if grant.contract.emergency:
        yield "context.urgent && resource.emergency"
    for kind in {terms.basis, *terms.otherwise}:
        if kind is Basis.LAW:
            yield CALM
        if kind is Basis.VITAL_INTEREST:
            yield f'{CALM} && context.capacity == "incapable"'
        if kind is Basis.COURT_ORDER:
            yield from (_order(order) for order in facts.orders if terms.source in order.sources)
        if kind is Basis.CONSENT:
            yield from (_consent(each, grant) for each in facts.consents if _about(each, terms, grant))


def _order(order: OrderFact) -> str:
    return f"{CALM} && context.now >= {_instant(order.since)} && context.now < {_instant(order.until)}"


def _about(consent: ConsentFact, terms: Terms, grant: Grant) -> bool:
    """Say whether a consent is on file for this: who, what for and of which source are its policy's head."""
    ours = consent.consumer == grant.agency and consent.purpose == grant.purpose and consent.same_person
    return ours and terms.source in consent.sources and not consent.ended and consent.uses_left != 0


def _consent(consent: ConsentFact, grant: Grant) -> str:
    until = min(filter(None, [consent.until, consent.authority_until]))
    terms = [
        CALM,
        'context.capacity != "dead"',
        f"context.now >= {_instant(consent.given_at)}",
        f"context.now < {_instant(until)}",
        _giver(consent, grant.contract.majority),
    ]
    if consent.categories is not None:
        terms.append(f"{json.dumps(sorted(consent.categories))}.contains(resource.category)")
    return " && ".join(terms)


def _giver(consent: ConsentFact, majority: int) -> str:
    minor, adult = f"context.age >= 0 && context.age < {majority}", f"context.age >= {majority}"
    safe = "false" if consent.giver_is_risk and consent.given_by != "self" else "true"
    who = {
        "self": f'{adult} && context.capacity == "able"',
        "parent": f"{minor} && {safe}",
        "guardian": safe,
    }
    return f"({who.get(consent.given_by, 'false')})"


def _instant(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
