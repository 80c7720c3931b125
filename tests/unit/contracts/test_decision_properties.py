"""What holds of every decision, whatever the contract and the facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.canonical import canonical, digest, restore
from contracts.clauses import UNLIMITED, Hours, Limits
from contracts.contract import Basis, FieldRule, Grant, Terms
from contracts.decision import Decision, decide
from contracts.facts import (
    CaseFact,
    ConsentFact,
    Facts,
)
from contracts.reasons import Reason
from contracts.replay import replay, weighed
from contracts.vocabulary import AgencyId, Field, Scheme, Source
from tests.unit.contracts.drawing import SOURCES, facts, favourable, grants, hours, limits, urgent
from tests.unit.contracts.samples import (
    CASE_SYSTEM,
    FACTS,
    GRANT,
    NEEDS,
    NOW,
    VOCABULARY,
)


def given_by(decision: Decision) -> set[tuple[Source, Field]]:
    """Name every field that a decision lets be asked, with its source."""
    return {(source, field) for source, permit in decision.permits.items() for field in permit.fields}


def fields_of(grant: Grant) -> Mapping[Source, Mapping[Field, FieldRule]]:
    """Give what the grant covers."""
    return {source: terms.fields for source, terms in grant.terms.items()}


@given(grants(), facts | favourable)
def test_nothing_is_given_beyond_the_contract(grant: Grant, known: Facts) -> None:
    """What may be asked is always a part of what the contract names, and every source has its say."""
    decision = decide(grant, known, NOW)

    assert all(field in fields_of(grant)[source] for source, field in given_by(decision))
    assert decision.refusal or decision.permits.keys() | decision.withheld.keys() == grant.terms.keys()
    assert not decision.permits.keys() & decision.withheld.keys()


@given(grants(), facts)
def test_a_refusal_gives_nothing(grant: Grant, known: Facts) -> None:
    """Where the whole query is refused, no source may be asked; every reason is one of the known."""
    decision = decide(grant, known, NOW)

    assert not (decision.refusal and decision.permits)
    assert {decision.refusal, *decision.withheld.values()} <= {"", *Reason}


@given(grants(), favourable, st.data())
def test_withdrawing_a_consent_never_grants(grant: Grant, known: Facts, data: st.DataObject) -> None:
    """Ending or removing any consent leaves at most what was permitted before."""
    index = data.draw(st.integers(0, max(len(known.consents) - 1, 0)))
    rest = known.consents[:index] + known.consents[index + 1 :]
    withdrawn = tuple(replace(consent, ended="withdrawn") for consent in known.consents[index : index + 1])
    before = given_by(decide(grant, known, NOW))
    after = given_by(decide(grant, replace(known, consents=rest + withdrawn), NOW))
    without = given_by(decide(grant, replace(known, consents=rest), NOW))

    assert after <= before
    assert without == after


def _demand_consent(part: Terms) -> Terms:
    """Let a source that the law opened wait for a consent; any other ground stays as it is."""
    return replace(part, basis=Basis.CONSENT) if part.basis is Basis.LAW else part


@given(grants(), facts | favourable | urgent, SOURCES, hours, limits)
def test_a_restriction_never_grants(
    grant: Grant, known: Facts, source: Source, some_hours: Hours, some_limits: Limits
) -> None:
    """A stricter contract permits at most what the looser one did."""
    contract, terms = grant.contract, grant.terms
    unlimited = replace(grant, contract=replace(contract, hours=None, limits=UNLIMITED))
    stricter = [
        replace(grant, contract=replace(contract, case_required=True)),
        replace(grant, contract=replace(contract, minors=False)),
        replace(grant, contract=replace(contract, deceased=False)),
        replace(grant, contract=replace(contract, selectors=frozenset[Scheme]())),
        replace(grant, contract=replace(contract, relations=frozenset[str]())),
        replace(grant, terms={name: part for name, part in terms.items() if name != source}),
        replace(grant, terms={name: replace(part, otherwise={}) for name, part in terms.items()}),
        replace(grant, terms={name: _demand_consent(part) for name, part in terms.items()}),
    ]
    loose = given_by(decide(grant, known, NOW))
    timed = replace(contract, hours=some_hours, limits=some_limits)

    assert all(given_by(decide(one, known, NOW)) <= loose for one in stricter)
    assert given_by(decide(replace(grant, contract=timed), known, NOW)) <= given_by(
        decide(unlimited, known, NOW)
    )


@given(grants(), facts | favourable, st.sampled_from(sorted(VOCABULARY.categories)))
def test_a_mask_never_grants(grant: Grant, known: Facts, category: str) -> None:
    """Whatever stands, what safety masks is given on no ground, and nothing is given in its place."""
    masked = replace(known, masks=known.masks | {category}, lifted=known.lifted - {category})
    before, after = decide(grant, known, NOW), decide(grant, masked, NOW)
    shown = {rule.category for permit in after.permits.values() for rule in permit.fields.values()}

    assert given_by(after) <= given_by(before)
    assert category not in shown


@given(grants(), urgent)
def test_an_emergency_opens_marked_fields_alone(grant: Grant, known: Facts) -> None:
    """A declared emergency never gives a field that the contract has not marked for emergencies."""
    permits = decide(grant, known, NOW).permits

    assert all(rule.emergency for permit in permits.values() for rule in permit.fields.values())
    assert all(permit.ground.kind is Basis.EMERGENCY for permit in permits.values())


@given(grants(), facts | favourable | urgent)
def test_a_decision_is_replayed_from_what_the_record_keeps(grant: Grant, known: Facts) -> None:
    """The contract's text and what was weighed are enough to decide the same again, through JSON."""
    contract = replace(grant.contract, digest=digest(grant.contract))
    asked = replace(grant, contract=contract)
    kept = json.loads(json.dumps(weighed(asked, known, NOW)))
    _, _, at, decision = replay(restore(canonical(contract), contract.digest), kept)

    assert at == NOW
    assert decision == decide(asked, known, NOW)


@given(grants(), favourable, st.randoms(use_true_random=False))
def test_order_is_irrelevant(grant: Grant, known: Facts, random: Any) -> None:
    """Neither the order of the consents nor of the sources changes the decision."""
    shuffled = list(known.consents)
    random.shuffle(shuffled)
    turned = replace(grant, terms=dict(reversed(list(grant.terms.items()))))

    assert decide(grant, replace(known, consents=tuple(shuffled)), NOW) == decide(grant, known, NOW)
    assert decide(turned, known, NOW) == decide(grant, known, NOW)


@given(grants(), favourable, st.integers(0, 5))
def test_a_consent_stops_at_its_end(grant: Grant, known: Facts, hours: int) -> None:
    """After the last consent has ended, nothing rests on a consent any more."""
    later = NOW + timedelta(hours=3 + hours)
    permits = decide(grant, known, later).permits

    grounds = {ground for permit in permits.values() for ground in permit.grounds_of(permit.fields)}

    assert not [ground for ground in grounds if ground.kind is Basis.CONSENT]


garbage = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.tuples()


@given(
    st.builds(
        Facts,
        official=garbage,
        case=garbage | st.builds(CaseFact, open=garbage, same_person=garbage, officials=garbage),
        age=garbage,
        consents=garbage
        | st.tuples(
            st.builds(
                ConsentFact,
                id=garbage,
                consumer=garbage | st.just(AgencyId("case-system")),
                purpose=garbage | st.just(NEEDS),
                sources=garbage | st.just(frozenset(GRANT.terms)),
                given_at=garbage,
                until=garbage,
                given_by=garbage,
                ended=garbage,
            )
        ),
    )
    | garbage
)
def test_garbage_is_refused(known: Any) -> None:
    """Facts of any kind are decided on without an exception, and nothing senseless permits anything."""
    decision = decide(GRANT, known, NOW)

    assert decision.refusal
    assert not decision.permits


@given(
    st.builds(
        ConsentFact,
        id=garbage,
        consumer=st.just(CASE_SYSTEM),
        purpose=st.just(NEEDS),
        sources=garbage | st.just(frozenset(GRANT.terms)),
        given_at=garbage,
        until=garbage,
        given_by=garbage,
        ended=garbage,
    )
)
def test_a_senseless_consent_permits_nothing(consent: ConsentFact) -> None:
    """In an otherwise sound query, a consent of garbage never becomes a ground."""
    decision = decide(GRANT, replace(FACTS, consents=(consent,)), NOW)

    assert all(permit.ground.kind is Basis.LAW for permit in decision.permits.values())
