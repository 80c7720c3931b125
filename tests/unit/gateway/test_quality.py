"""What is doubtful about a value goes with it, and what could not be understood is withheld by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from adapters.base import Answered, UnknownCode
from contracts.contract import FieldRule
from contracts.vocabulary import Field, Scheme, Source, Value
from gateway.collection import Finding, Status
from gateway.disclosure import Disclosure, minimise
from gateway.quality import BIRTH_DATE, doubts
from tests.unit.audit.records import EDUCATION, HEALTH, NOW, STATUS, mandate
from tests.unit.contracts.samples import VOCABULARY

NUMBER, PLACE = Field("person.family_name"), Field("education.institution")
NUMBERED = replace(
    VOCABULARY,
    fields={**VOCABULARY.fields, NUMBER: replace(VOCABULARY.fields[NUMBER], scheme=Scheme("rnokpp"))},
)


@pytest.mark.parametrize(
    ("values", "flags"),
    [
        ({NUMBER: "3311845622"}, ()),
        ({NUMBER: "3311845622", BIRTH_DATE: date(1990, 9, 3)}, ()),
        ({NUMBER: "3311845622", BIRTH_DATE: date(1990, 9, 4)}, ("birth-date-differs",)),
        ({NUMBER: "3126509816"}, ("check-digit",)),
        ({NUMBER: "немає"}, ("check-digit",)),
        ({NUMBER: ""}, ("check-digit",)),
    ],
)
def test_an_identifier_is_looked_at_by_its_rule(
    values: Mapping[Field, Value], flags: tuple[str, ...]
) -> None:
    """A wrong check digit of a registry's is a flag, and so is a birth date that the number contradicts."""
    assert doubts(NUMBER, Answered(values, NOW), NUMBERED) == flags


def test_an_adapters_own_flags_come_along() -> None:
    """What the mapping found doubtful is told too."""
    answer = Answered({STATUS: "studying"}, NOW, flags={STATUS: ("converted",)})

    assert doubts(STATUS, answer, NUMBERED) == ("converted",)


def told(answers: Mapping[Source, Answered], masks: frozenset[str] = frozenset()) -> Disclosure:
    """Minimise answers that may tell status and place."""
    given = mandate()
    rules = {STATUS: FieldRule(), PLACE: FieldRule(), NUMBER: FieldRule()}
    permits = {source: replace(given.permits[source], fields=rules) for source in answers}
    findings = {source: Finding(source, Status.ANSWERED, answer=answer) for source, answer in answers.items()}
    return minimise(findings, replace(given, permits=permits), NUMBERED, masks, sealable=True, on=NOW.date())


def test_a_flag_is_shown_beside_the_value() -> None:
    """The value is as the registry has it, and says what is doubtful about it; a sound one says nothing."""
    disclosure = told({EDUCATION: Answered({NUMBER: "3126509816", STATUS: "studying"}, NOW)})

    assert disclosure.plain[NUMBER].as_json()["value"] == "3126509816"
    assert disclosure.plain[NUMBER].as_json()["quality"] == ("check-digit",)
    assert "quality" not in disclosure.plain[STATUS].as_json()


def test_a_code_in_quarantine_withholds_its_field() -> None:
    """The field says why it is not there, and no other is missing."""
    codes = (UnknownCode(STATUS, "status", "Практикант"),)

    disclosure = told({EDUCATION: Answered({PLACE: "Ліцей"}, NOW, unknown_codes=codes)})

    assert disclosure.withheld == {STATUS: "unknown-code"}
    assert set(disclosure.plain) == {PLACE}


def test_a_field_that_another_source_tells_is_not_missed() -> None:
    """What one source says in a code unknown, and another plainly, is told once."""
    codes = (UnknownCode(STATUS, "status"),)
    answers = {EDUCATION: Answered({}, NOW, unknown_codes=codes), HEALTH: Answered({STATUS: "studying"}, NOW)}

    disclosure = told(answers)

    assert disclosure.withheld == {}
    assert disclosure.plain[STATUS].source == HEALTH


def test_a_mask_outranks_a_quarantine() -> None:
    """That there is something under a masked category is not told by way of its code."""
    codes = (UnknownCode(PLACE, "place"),)

    disclosure = told({EDUCATION: Answered({}, NOW, unknown_codes=codes)}, frozenset({"whereabouts"}))

    assert disclosure.withheld == {}
