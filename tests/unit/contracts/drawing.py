"""Contracts, facts and grants of every kind, for the tests of what holds of all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from contracts.clauses import UNLIMITED, EmergencyTerms, GroundRule, Hours, Limits
from contracts.contract import Basis, Grant, Terms
from contracts.facts import (
    Capacity,
    CaseFact,
    ConsentFact,
    EmergencyFact,
    Facts,
    Giver,
    OrderFact,
    UsageFact,
)
from contracts.vocabulary import OfficialId, Purpose, Scheme
from tests.unit.contracts.samples import (
    CASE_SYSTEM,
    EMERGENCY,
    FACTS,
    GRANT,
    NEEDS,
    NOW,
    PARTNER,
    VOCABULARY,
)

SOURCES = st.sampled_from(sorted(GRANT.terms))
HOURS = st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))
OFFICIALS = st.sampled_from([OfficialId("worker-17"), OfficialId("worker-18")])

CATEGORIES = st.frozensets(st.sampled_from(sorted(VOCABULARY.categories)))

consents = st.builds(
    ConsentFact,
    id=st.uuids().map(str),
    consumer=st.sampled_from([CASE_SYSTEM, CASE_SYSTEM, PARTNER]),
    purpose=st.sampled_from([NEEDS, NEEDS, Purpose("other")]),
    sources=st.frozensets(SOURCES),
    given_at=HOURS,
    until=HOURS,
    given_by=st.sampled_from([*Giver, "neighbour"]),
    ended=st.sampled_from(["", "", "withdrawn", "suspended"]),
    categories=st.none() | CATEGORIES,
    authority_until=st.none() | HOURS,
    uses_left=st.none() | st.integers(0, 2),
    same_person=st.sampled_from([True, True, False]),
    giver_is_risk=st.booleans(),
)
orders = st.builds(
    OrderFact,
    id=st.uuids().map(str),
    citation=st.just("Code art. 5"),
    sources=st.frozensets(SOURCES),
    since=HOURS,
    until=HOURS,
)
emergencies = st.builds(
    EmergencyFact,
    id=st.just("emergency-1"),
    declared_by=OFFICIALS,
    role=st.sampled_from(["crisis-lead", "clerk"]),
    reason_length=st.sampled_from([19, 20]),
    second_factor=st.booleans(),
    begun=HOURS,
    reviews_overdue=st.sampled_from([0, 0, 1]),
)
facts = st.builds(
    Facts,
    official=OFFICIALS,
    case=st.none()
    | st.builds(CaseFact, open=st.booleans(), same_person=st.booleans(), officials=st.frozensets(OFFICIALS)),
    age=st.none() | st.integers(0, 100),
    consents=st.lists(consents, max_size=5).map(tuple),
    capacity=st.sampled_from([*Capacity, Capacity.ABLE, Capacity.ABLE]),
    orders=st.lists(orders, max_size=2).map(tuple),
    emergency=st.none() | st.none() | emergencies,
    usage=st.builds(UsageFact, this_minute=st.integers(0, 3), this_day=st.integers(0, 3)),
    masks=st.just(frozenset[str]()) | CATEGORIES,
    lifted=st.just(frozenset[str]()) | CATEGORIES,
    giver_is_risk=st.booleans(),
    selector=st.sampled_from(["rnokpp", "name", ""]),
)
favourable = facts.map(
    lambda some: replace(some, official=FACTS.official, case=FACTS.case, usage=UsageFact(), emergency=None)
)
urgent = facts.map(lambda some: replace(FACTS, consents=some.consents, emergency=EMERGENCY))
bases = st.dictionaries(SOURCES, st.sampled_from(Basis), max_size=5)
further = st.dictionaries(
    st.sampled_from([Basis.LAW, Basis.CONSENT, Basis.COURT_ORDER, Basis.VITAL_INTEREST]),
    st.builds(GroundRule, st.just("Code art. 9")),
    max_size=2,
)
hours = st.builds(
    Hours, st.frozensets(st.integers(1, 7)), begin=st.integers(0, 700), end=st.integers(600, 1440)
)
limits = st.builds(Limits, st.none() | st.integers(1, 4), st.none() | st.integers(1, 4))
EMERGENCY_TERMS = EmergencyTerms(
    "Code art. 1", frozenset({"crisis-lead"}), timedelta(hours=1), timedelta(days=3)
)


@st.composite
def terms_of(draw: st.DrawFn, part: Terms) -> Terms:
    """Draw other terms for a source: another ground, more grounds, marked and required fields."""
    rules = {
        name: replace(rule, emergency=draw(st.booleans()), required=draw(st.integers(0, 9)) == 0)
        for name, rule in part.fields.items()
    }
    basis = draw(st.just(part.basis) | st.sampled_from(Basis))
    return replace(part, basis=basis, fields=rules, otherwise=draw(further))


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """Draw a grant of any contract: other grounds, fewer sources, other conditions."""
    kept = draw(st.frozensets(SOURCES, min_size=1))
    terms = {source: draw(terms_of(part)) for source, part in GRANT.terms.items() if source in kept}
    contract = replace(
        GRANT.contract,
        terms=terms,
        case_required=draw(st.booleans()),
        minors=draw(st.booleans()),
        deceased=draw(st.booleans()),
        hours=draw(st.none() | st.none() | hours),
        limits=draw(st.just(UNLIMITED) | limits),
        selectors=draw(st.none() | st.just(frozenset({Scheme("rnokpp")}))),
        emergency=draw(st.none() | st.just(EMERGENCY_TERMS)),
    )
    return replace(GRANT, contract=contract, terms=terms)
