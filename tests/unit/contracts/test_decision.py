"""The evaluator: each rule's own refusal, and the ground of what it permits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from contracts.contract import Basis
from contracts.decision import decide
from contracts.facts import Facts
from contracts.vocabulary import OfficialId
from tests.unit.contracts.samples import (
    BORDER,
    CASE,
    CONSENT,
    CRISIS,
    FACTS,
    GRANT,
    HEALTH,
    HOUR,
    NOW,
    PARTNER,
    grant_under,
    grant_with_basis,
    reason_for_health,
)


def test_a_standing_consent_permits_its_source() -> None:
    """With an open case and a consent on file, every source of the contract may be asked."""
    decision = decide(GRANT, FACTS, NOW)

    assert decision.refusal == ""
    assert decision.permits.keys() == GRANT.terms.keys()
    assert not decision.withheld


def test_a_permit_names_its_ground() -> None:
    """A source by consent names the consent and its end, one by law the article."""
    permits = decide(GRANT, FACTS, NOW).permits
    consent, law = permits[HEALTH].ground, permits[BORDER].ground

    assert (consent.kind, consent.id, consent.until) == (Basis.CONSENT, "consent-1", CONSENT.until)
    assert consent.citation == "Law 2801-XII art. 24-2(2)"
    assert (law.kind, law.id) == (Basis.LAW, "case-system-needs-assessment:border")
    assert law.citation == "Law 4607-IX art. 14"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"case": None}, "case-required"),
        ({"case": replace(CASE, open=False)}, "case-closed"),
        ({"case": replace(CASE, same_person=False)}, "case-other-person"),
        ({"case": replace(CASE, open=False, same_person=False)}, "case-other-person"),
        ({"official": OfficialId("worker-18")}, "official-not-on-case"),
        ({"case": replace(CASE, officials=frozenset())}, "official-not-on-case"),
    ],
)
def test_the_case_must_be_open_theirs_and_the_officials(change: dict[str, Any], refusal: str) -> None:
    """Only an official who works on an open case of this person gets anything, and each rule has its code."""
    decision = decide(GRANT, replace(FACTS, **change), NOW)

    assert (decision.refusal, decision.permits, decision.withheld) == (refusal, {}, {})


def test_a_contract_may_do_without_a_case() -> None:
    """Where the contract asks for no case, none is needed; one that is named still binds."""
    grant = grant_under(replace(GRANT.contract, case_required=False))
    without = decide(grant, replace(FACTS, case=None), NOW)
    closed = decide(grant, replace(FACTS, case=replace(CASE, open=False)), NOW)

    assert HEALTH in without.permits
    assert closed.refusal == "case-closed"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"same_person": False}, "consent-other-person"),
        ({"consumer": PARTNER}, "consent-other-consumer"),
        ({"purpose": CRISIS}, "consent-other-purpose"),
        ({"sources": frozenset({BORDER})}, "consent-other-source"),
        ({"operations": frozenset({"push"})}, "consent-other-operation"),
        ({"ended": "refused"}, "consent-refused"),
        ({"ended": "withdrawn"}, "consent-withdrawn"),
        ({"ended": "expired"}, "consent-expired"),
        ({"ended": "superseded"}, "consent-superseded"),
        ({"ended": "suspended"}, "consent-suspended"),
        ({"ended": "guardian-authority-ended"}, "consent-authority-ended"),
        ({"ended": "came-of-age"}, "consent-outgrown"),
        ({"ended": "eaten"}, "consent-ended"),
        ({"uses_left": 0}, "consent-used-up"),
        ({"uses_left": 1}, "permitted"),
        ({"given_by": "guardian", "authority_until": NOW}, "consent-authority-ended"),
        ({"given_by": "guardian", "authority_until": NOW + HOUR}, "permitted"),
        ({"categories": frozenset({"education"})}, "consent-narrower"),
        ({"until": NOW}, "consent-expired"),
        ({"given_at": NOW + HOUR, "until": NOW + 2 * HOUR}, "consent-not-yet-valid"),
        ({"given_by": "neighbour"}, "consent-outgrown"),
        ({"given_by": "parent"}, "consent-outgrown"),
        ({"given_by": "guardian"}, "permitted"),
        ({"given_at": NOW}, "permitted"),
    ],
)
def test_a_consent_stands_or_says_why_not(change: dict[str, Any], reason: str) -> None:
    """Each way in which a consent may fail to cover the source at this instant has its own reason."""
    decision = decide(GRANT, replace(FACTS, consents=(replace(CONSENT, **change),)), NOW)

    assert reason_for_health(decision) == reason
    assert BORDER in decision.permits


def test_without_any_consent_the_reason_is_that_it_is_missing() -> None:
    """Nothing on file is told apart from something that no longer stands."""
    decision = decide(GRANT, replace(FACTS, consents=()), NOW)

    assert decision.withheld == {HEALTH: "consent-missing"}


def test_the_most_recent_consent_gives_the_reason() -> None:
    """Of several that do not stand, the one given last says why."""
    older = replace(CONSENT, id="older", given_at=NOW - 9 * HOUR, until=NOW - 8 * HOUR)
    newer = replace(CONSENT, ended="withdrawn")
    decision = decide(GRANT, replace(FACTS, consents=(newer, older)), NOW)

    assert decision.withheld == {HEALTH: "consent-withdrawn"}


def test_the_consent_that_lasts_longest_is_the_ground() -> None:
    """Of several that stand, the ground is the one whose end is furthest."""
    longer = replace(CONSENT, id="consent-2", until=NOW + 9 * HOUR)
    decision = decide(GRANT, replace(FACTS, consents=(longer, CONSENT)), NOW)

    assert decision.permits[HEALTH].ground.id == "consent-2"


@pytest.mark.parametrize(
    ("age", "given_by", "reason"),
    [
        (17, "self", "minor-no-guardian"),
        (17, "parent", "permitted"),
        (17, "guardian", "permitted"),
        (18, "self", "permitted"),
        (18, "parent", "consent-outgrown"),
        (0, "self", "minor-no-guardian"),
        (None, "self", "age-unknown"),
        (None, "parent", "age-unknown"),
        (None, "guardian", "permitted"),
    ],
)
def test_age_says_who_may_consent(age: int | None, given_by: str, reason: str) -> None:
    """A child is spoken for, an adult is not, and an unknown age lets only a guardian speak."""
    consent = replace(CONSENT, given_by=given_by)
    decision = decide(GRANT, replace(FACTS, age=age, consents=(consent,)), NOW)

    assert reason_for_health(decision) == reason


@pytest.mark.parametrize(
    ("age", "refusal"), [(17, "minor-not-covered"), (None, "age-unknown"), (18, ""), (99, "")]
)
def test_a_contract_without_children_refuses_them(age: int | None, refusal: str) -> None:
    """Where children are not covered, neither is anyone who might be one."""
    grant = grant_under(replace(GRANT.contract, minors=False))
    decision = decide(grant, replace(FACTS, age=age), NOW)

    assert decision.refusal == refusal


def test_the_majority_of_the_contract_counts() -> None:
    """A decision is replayed with the majority age that the contract was read with."""
    grant = grant_under(replace(GRANT.contract, majority=21))
    decision = decide(grant, replace(FACTS, age=20), NOW)

    assert reason_for_health(decision) == "minor-no-guardian"


def test_a_ground_that_nobody_knows_is_none() -> None:
    """Terms with a basis that this version does not decide on give nothing."""
    decision = decide(grant_with_basis(Basis.EMERGENCY), FACTS, NOW)

    assert decision.withheld == {HEALTH: "ground-unknown"}


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, age="36"),  # type: ignore[arg-type]
        replace(FACTS, age=float("nan")),  # type: ignore[arg-type]
        replace(FACTS, age=True),
        replace(FACTS, age=-1),
        replace(FACTS, official=OfficialId("work"), case=replace(CASE, officials="worker-17")),  # type: ignore[arg-type]
        replace(FACTS, consents=(replace(CONSENT, sources="health"),)),  # type: ignore[arg-type]
        replace(FACTS, consents=(replace(CONSENT, until=None),)),  # type: ignore[arg-type]
        replace(FACTS, consents=None),  # type: ignore[arg-type]
        None,
    ],
)
def test_facts_that_make_no_sense_refuse(facts: Facts) -> None:
    """What can never be true refuses the whole query instead of failing."""
    decision = decide(GRANT, facts, NOW)

    assert (decision.refusal, decision.permits) == ("undecidable", {})


def test_an_instant_without_a_time_zone_refuses() -> None:
    """Nine o'clock nowhere is no instant."""
    decision = decide(GRANT, FACTS, datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001  what is tested

    assert decision.refusal == "undecidable"


def test_a_case_that_is_merely_truthy_does_not_count() -> None:
    """Only a plain yes opens a case: a text that says no is true as well."""
    closed = replace(CASE, open="no")  # type: ignore[arg-type]
    other = replace(CASE, same_person="no")  # type: ignore[arg-type]
    refusals = [decide(GRANT, replace(FACTS, case=case), NOW).refusal for case in (closed, other)]

    assert refusals == ["case-closed", "case-other-person"]
