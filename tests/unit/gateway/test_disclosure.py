"""Minimising: what leaves is what the mandate names, from the source it names, and what safety allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from adapters.base import Answered
from contracts.contract import FieldRule, Mandate
from contracts.vocabulary import Field, Source, Value
from gateway.collection import Finding, Status
from gateway.disclosure import Disclosure, minimise
from tests.unit.audit.records import EDUCATION, GROUP, HEALTH, NOW, STATUS, mandate
from tests.unit.contracts.samples import VOCABULARY

SEX, NAME, PLACE = Field("person.sex"), Field("person.family_name"), Field("education.institution")


def _mandate(**fields: Mapping[Field, FieldRule]) -> Mandate:
    """Give a mandate for these fields of these sources."""
    given = mandate()
    permits = {
        Source(source): replace(given.permits[Source(source)], fields=rules)
        for source, rules in fields.items()
    }
    return replace(given, permits=permits)


def _told(
    given: Mandate,
    said: Mapping[Source, Mapping[Field, Value]],
    masks: frozenset[str] = frozenset(),
    *,
    sealable: bool = True,
) -> Disclosure:
    findings = {
        source: Finding(source, Status.ANSWERED, answer=Answered(values, NOW))
        for source, values in said.items()
    }
    return minimise(findings, given, VOCABULARY, masks, sealable=sealable, on=NOW.date())


def test_what_was_not_permitted_does_not_leave() -> None:
    """A source that says more than it was asked is cut down, in silence."""
    given = _mandate(education={STATUS: FieldRule()})
    told = _told(given, {EDUCATION: {STATUS: "studying", PLACE: "Ліцей", NAME: "Бондаренко"}})

    assert set(told.plain) == {STATUS}
    assert (told.sealed, told.conflicts, told.withheld) == ({}, {}, {})


def test_a_field_leaves_only_from_the_source_that_may_tell_it() -> None:
    """Permitted from one source, the same field of another one stays."""
    given = _mandate(education={STATUS: FieldRule()}, health={SEX: FieldRule()})
    told = _told(given, {EDUCATION: {STATUS: "studying", SEX: "male"}, HEALTH: {SEX: "female"}})

    assert told.plain[SEX].source == HEALTH
    assert told.conflicts == {}


def test_a_masked_category_leaves_from_nowhere() -> None:
    """Not in the open and not sealed, whatever the contract says."""
    given = _mandate(
        education={PLACE: FieldRule(), STATUS: FieldRule()}, health={PLACE: FieldRule(sealed=True)}
    )
    said = {EDUCATION: {PLACE: "Ліцей", STATUS: "studying"}, HEALTH: {PLACE: "Клініка"}}
    told = _told(given, said, frozenset({"whereabouts"}))

    assert set(told.plain) == {STATUS}
    assert told.sealed == {}
    assert told.withheld == {PLACE: "safety"}
    assert told.told().get(HEALTH, []) == []


def test_a_sealed_field_is_never_in_the_open() -> None:
    """Marked by one source's terms, it is sealed whoever else says it too."""
    given = _mandate(health={SEX: FieldRule(sealed=True)}, education={SEX: FieldRule()})
    told = _told(given, {HEALTH: {SEX: "female"}, EDUCATION: {SEX: "male"}})

    assert told.plain == {}
    assert told.conflicts == {}
    assert {fact.source for fact in told.sealed[SEX]} == {HEALTH, EDUCATION}


def test_without_a_key_a_sealed_field_stays() -> None:
    """There is no fallback to the open."""
    given = _mandate(health={GROUP: FieldRule(sealed=True)})
    told = _told(given, {HEALTH: {GROUP: "2"}}, sealable=False)

    assert (told.plain, told.sealed) == ({}, {})
    assert told.withheld == {GROUP: "recipient-key-missing"}


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("Дем'яненко", "ДЕМ`ЯНЕНКО", True),
        ("Мороз", "MOРOЗ", True),
        ("female", "male", False),
        ("Бондаренко", "Бондар", False),
    ],
)
def test_spellings_agree_and_facts_differ(one: str, other: str, agree: bool) -> None:  # noqa: FBT001
    """Case, apostrophes and look-alike letters are no conflict; another value is, and all of it is shown."""
    given = _mandate(health={NAME: FieldRule()}, education={NAME: FieldRule()})
    told = _told(given, {HEALTH: {NAME: one}, EDUCATION: {NAME: other}})

    assert (NAME in told.plain) is agree
    assert [fact.value for fact in told.conflicts.get(NAME, ())] == ([] if agree else [one, other])


def test_what_is_told_is_what_the_record_keeps() -> None:
    """Plain, sealed and conflicting fields are all named for the source that speaks in them."""
    given = _mandate(
        health={GROUP: FieldRule(sealed=True), SEX: FieldRule()},
        education={STATUS: FieldRule(), SEX: FieldRule()},
    )
    told = _told(given, {HEALTH: {GROUP: "2", SEX: "female"}, EDUCATION: {STATUS: "studying", SEX: "male"}})

    assert sorted(told.told()[HEALTH]) == [GROUP, SEX]
    assert sorted(told.told()[EDUCATION]) == [STATUS, SEX]


def test_no_value_is_shown_by_accident() -> None:
    """A fact printed names its source alone."""
    given = _mandate(education={NAME: FieldRule()})
    told = _told(given, {EDUCATION: {NAME: "Бондаренко"}})

    assert repr(told.plain[NAME]) == "Fact(education)"
    assert "Бондаренко" not in repr(told)
