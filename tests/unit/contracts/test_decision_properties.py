"""What holds of every decision, whatever the contract and the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.contract import Basis, FieldRule, Grant
from contracts.decision import Decision, decide
from contracts.facts import CaseFact, ConsentFact, Facts, Giver
from contracts.reasons import Reason
from contracts.vocabulary import AgencyId, Field, OfficialId, Purpose, Source
from tests.unit.contracts.samples import CASE_SYSTEM, FACTS, GRANT, NEEDS, NOW, PARTNER

SOURCES = st.sampled_from(sorted(GRANT.terms))
HOURS = st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))
OFFICIALS = st.sampled_from([OfficialId("worker-17"), OfficialId("worker-18")])

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
)
facts = st.builds(
    Facts,
    official=OFFICIALS,
    case=st.none()
    | st.builds(CaseFact, open=st.booleans(), same_person=st.booleans(), officials=st.frozensets(OFFICIALS)),
    age=st.none() | st.integers(0, 100),
    consents=st.lists(consents, max_size=5).map(tuple),
)
favourable = facts.map(lambda some: replace(some, official=FACTS.official, case=FACTS.case))
bases = st.dictionaries(SOURCES, st.sampled_from(Basis), max_size=5)


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """Draw a grant of any contract: other grounds, fewer sources, other conditions."""
    kept = draw(st.frozensets(SOURCES, min_size=1))
    changed = draw(bases)
    terms = {
        source: replace(part, basis=changed.get(source, part.basis))
        for source, part in GRANT.terms.items()
        if source in kept
    }
    contract = replace(
        GRANT.contract, terms=terms, case_required=draw(st.booleans()), minors=draw(st.booleans())
    )
    return replace(GRANT, contract=contract, terms=terms)


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


@given(grants(), facts | favourable, SOURCES)
def test_a_restriction_never_grants(grant: Grant, known: Facts, source: Source) -> None:
    """A stricter contract permits at most what the looser one did."""
    contract = grant.contract
    terms = {**grant.terms}
    dropped = {name: part for name, part in terms.items() if name != source}
    consenting = {name: replace(part, basis=Basis.CONSENT) for name, part in terms.items()}
    stricter = [
        replace(grant, contract=replace(contract, case_required=True)),
        replace(grant, contract=replace(contract, minors=False)),
        replace(grant, contract=replace(contract, terms=dropped), terms=dropped),
        replace(grant, contract=replace(contract, terms=consenting), terms=consenting),
    ]
    lawful = {name: part for name, part in terms.items() if part.basis is not Basis.EMERGENCY}
    loose = given_by(decide(replace(grant, terms=lawful), known, NOW))
    strict = [given_by(decide(_lawful(one, lawful), known, NOW)) for one in stricter]

    assert all(some <= loose for some in strict)


def _lawful(grant: Grant, kept: Mapping[Source, Any]) -> Grant:
    """Leave out what has no ground at all: demanding a consent for it would be no restriction."""
    return replace(grant, terms={name: part for name, part in grant.terms.items() if name in kept})


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

    assert all(permit.ground.kind is Basis.LAW for permit in permits.values())


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
