"""What the record raises questions about, and what it lets pass."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.event import Event, Kind
from audit.findings import Finding, describe
from audit.rules import (
    AbovePeers,
    Acquainted,
    Burst,
    ManyAgencies,
    NearMisses,
    Night,
    NoOpenCase,
    Unreviewed,
    all_rules,
)
from audit.thresholds import Thresholds
from tests.unit.audit.records import NOW
from tests.unit.audit.streams import at_hour, entry, people, question, raised, recorded

AT = Thresholds.load()
KNOWN = {("case-system", "worker-17"): {"person-1": "family"}}
CLOSED = {"officials": ["worker-17"], "opened": "2026-01-12", "closed": "2026-03-01"}
DECLARED = {"emergency": "e-1", "review_due": "2026-11-24T09:00:00.000000Z"}


def found(finding: Finding) -> tuple[str, str, list[int]]:
    """Give what a test compares of a finding."""
    return finding.rule, finding.official, list(finding.evidence)


def case(**details: object) -> Event:
    """Give the entry of a case."""
    return entry(Kind.CASE, case="CASE-1", official="", details=details)


def test_a_question_without_a_case_is_asked_about() -> None:
    """Nothing says what the question was for."""
    findings = raised(NoOpenCase(), [question(case="")])

    assert [found(each) for each in findings] == [("no-open-case", "worker-17", [0])]
    assert findings[0].figures == {"state": "none-named"}


def test_a_question_in_a_closed_case_is_asked_about() -> None:
    """The record shows that the case had been closed months before."""
    findings = raised(NoOpenCase(), [case(**CLOSED), question()])

    assert [each.figures for each in findings] == [{"state": "closed"}]


def test_a_question_before_the_case_opens_is_asked_about() -> None:
    """The record shows that the case opens later."""
    findings = raised(NoOpenCase(), [case(opened="2026-12-01", closed=""), question()])

    assert [each.figures for each in findings] == [{"state": "not-yet-open"}]


def test_a_question_in_an_open_case_passes() -> None:
    """A case that was opened again counts as open."""
    assert raised(NoOpenCase(), [case(**CLOSED), case(opened="2026-01-12", closed=""), question()]) == []


def test_a_question_about_ones_own_family_is_asked_about() -> None:
    """The finding names the relation and the person's pseudonym."""
    findings = raised(Acquainted(KNOWN), [question(), question(subject_ref="person-2")])

    assert [found(each) for each in findings] == [("acquainted", "worker-17", [0])]
    assert findings[0].subject_ref == "person-1"
    assert findings[0].figures == {"relation": "family"}


def test_the_same_id_at_another_agency_is_another_official() -> None:
    """Officials' ids are each agency's own."""
    assert raised(Acquainted(KNOWN), [question(agency="partner")]) == []


def test_many_people_in_a_short_while_are_a_burst() -> None:
    """Twenty people within ten minutes raise one question that rests on all twenty."""
    findings = raised(Burst(AT.burst), people(20))

    assert [found(each) for each in findings] == [("burst", "worker-17", list(range(20)))]


@pytest.mark.parametrize(
    "events",
    [people(19), people(40, every=1), [question(n / 100) for n in range(40)]],
    ids=["few", "slow", "one-person"],
)
def test_ordinary_work_is_no_burst(events: list[Event]) -> None:
    """Fewer people, a slower pace, or one person again and again pass."""
    assert raised(Burst(AT.burst), events) == []


def test_questions_at_night_are_asked_about_by_the_local_clock() -> None:
    """Five questions after ten in the evening of Kyiv, and before six in the morning, are one night."""
    night = [question(at_hour(hour)) for hour in (20, 21, 22, 23)] + [question(at_hour(3, day=1))]
    findings = raised(Night(AT.night, AT.zone), night)

    assert [each.figures for each in findings] == [{"night": "2026-11-23"}]


def test_a_weekend_is_asked_about_at_noon_too() -> None:
    """Saturday is the sixth day."""
    findings = raised(Night(AT.night, AT.zone), [question(at_hour(10, day=5)) for _ in range(5)])

    assert [each.figures for each in findings] == [{"night": "2026-11-28"}]


def test_a_working_day_passes() -> None:
    """Any number of questions at eleven o'clock is no night work."""
    assert raised(Night(AT.night, AT.zone), people(50)) == []


def test_many_near_misses_are_asked_about() -> None:
    """Refusals and people not found count together."""
    refusals = [entry(Kind.REFUSAL, n, reason="case-of-another-person") for n in range(6)]
    unknown = {"sources": [{"source": "health", "status": "unknown"}]}
    releases = [entry(Kind.RELEASE, 10 + n, details=unknown) for n in range(4)]
    findings = raised(NearMisses(AT.near_misses), [*refusals, *releases])

    assert [found(each) for each in findings] == [("near-misses", "worker-17", list(range(10)))]


def test_near_misses_days_apart_pass() -> None:
    """What lies further back than a day is forgotten."""
    assert raised(NearMisses(AT.near_misses), [entry(Kind.REFUSAL, n * 1440) for n in range(20)]) == []


def test_a_person_whom_many_agencies_ask_about_is_asked_about() -> None:
    """The finding names the person's pseudonym and no single official."""
    findings = raised(ManyAgencies(AT.many_agencies), [question(n, agency=f"agency-{n}") for n in range(3)])

    assert [(each.subject_ref, each.official, list(each.evidence)) for each in findings] == [
        ("person-1", "", [0, 1, 2])
    ]


def test_one_agency_asking_often_passes() -> None:
    """Agencies count, not questions."""
    assert raised(ManyAgencies(AT.many_agencies), [question(n) for n in range(30)]) == []


@pytest.mark.parametrize(
    ("then", "count"),
    [
        ([], 1),
        ([entry(Kind.EMERGENCY, 60, result="reviewed", details=DECLARED)], 0),
        ([entry(Kind.EMERGENCY, 60, result="reviewed", details={"emergency": "e-2"})], 1),
    ],
    ids=["never", "reviewed", "another-reviewed"],
)
def test_emergency_access_without_review_is_asked_about(then: list[Event], count: int) -> None:
    """Only the review of this very emergency settles it."""
    declared = entry(Kind.EMERGENCY, result="declared", details=DECLARED)

    assert len(raised(Unreviewed(NOW + timedelta(days=2)), [declared, *then])) == count


def test_an_emergency_whose_review_is_not_yet_due_passes() -> None:
    """There is time until the date that was set."""
    declared = entry(Kind.EMERGENCY, result="declared", details=DECLARED)

    assert raised(Unreviewed(NOW + timedelta(hours=1)), [declared]) == []


def test_an_official_far_above_the_others_is_asked_about() -> None:
    """Forty people where the colleagues have five each."""
    others = [event for n in range(4) for event in people(5, official=f"worker-{n}")]
    findings = raised(AbovePeers(AT.peers), [*others, *people(40)])

    assert [(each.official, each.figures) for each in findings] == [
        ("worker-17", {"people": 40, "median": 5})
    ]


def test_an_official_without_peers_is_compared_with_nobody() -> None:
    """Too few others are no measure."""
    assert raised(AbovePeers(AT.peers), people(100)) == []


def test_a_finding_raised_again_has_the_same_key() -> None:
    """The key depends on rule, people and first evidence, not on how often one looks."""
    first, again = raised(Burst(AT.burst), people(20)), raised(Burst(AT.burst), people(20))
    other = raised(Burst(AT.burst), people(20, official="worker-18"))

    assert first[0].key == again[0].key
    assert first[0].key != other[0].key


@pytest.mark.parametrize(("language", "words"), [("uk", "20 різних осіб"), ("en", "20 different people")])
def test_a_finding_says_why_in_both_languages(language: str, words: str) -> None:
    """Figures stand in the sentence."""
    finding = raised(Burst(AT.burst), people(20))[0]

    assert words in describe(finding.details(), language)


def test_all_rules_hear_anything() -> None:
    """Every rule takes every kind of entry."""
    rules = all_rules(AT, KNOWN, NOW)
    heard = [rule.hear(each) for rule in rules for each in recorded(entry(kind) for kind in Kind)]

    assert len(heard) == len(rules) * len(Kind)
