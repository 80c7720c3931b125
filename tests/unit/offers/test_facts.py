"""What a history says for the criteria of offers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gateway.offers.areas import Area
from gateway.offers.facts import family_of, informed, self_of
from gateway.offers.search import Wanted
from gateway.offers.taxonomy import Taxonomy

FACTS = Taxonomy.load().facts
TODAY = date(2026, 11, 25)
BLANK = Wanted("food", Area("UA18"))
HISTORY: dict[str, Any] = {
    "person.family_name": "Бондаренко",
    "person.given_name": "Марія",
    "person.birth_date": "1990-09-03",
    "person.sex": "female",
    "displaced.active": True,
    "disability.group": "3",
    "employment.status": "deregistered",
    "civil.relatives": [
        {"kinship": "husband", "family_name": "Б", "given_name": "А", "birth_date": "1985-03-12"},
        {"kinship": "son", "family_name": "Б", "given_name": "Н", "birth_date": "2007-07-12"},
        {"kinship": "daughter", "family_name": "Б", "given_name": "С", "birth_date": "2021-02-18"},
        {"kinship": "mother", "family_name": "К", "given_name": "О", "birth_date": "1960-01-01"},
    ],
}


def test_a_history_answers_every_criterion() -> None:
    """Age, sex, factors, those of the household and the youngest child are read from fields."""
    told = informed(BLANK, HISTORY, FACTS, TODAY)

    assert (told.age, told.sex, told.household, told.youngest) == (36, "female", 3, 5)
    assert told.factors == {"war-damage", "disability"}


def test_what_the_case_worker_says_stands() -> None:
    """A fact of the search itself is not displaced by one of the history."""
    told = informed(Wanted("food", Area("UA18"), age=0, youngest=2, sex="male"), HISTORY, FACTS, TODAY)

    assert (told.age, told.youngest, told.sex) == (0, 2, "male")


def test_a_field_that_is_missing_says_nothing() -> None:
    """Of an empty history nothing follows; a birth date made coarser is none."""
    told = informed(BLANK, {"person.birth_date": "35-59"}, FACTS, TODAY)

    assert told == BLANK


def test_old_age_follows_from_the_birth_date() -> None:
    """Whoever is sixty meets that factor without a registry saying so."""
    told = informed(BLANK, {"person.birth_date": "1966-11-25"}, FACTS, TODAY)

    assert told.factors == {"old-age"}


@pytest.mark.parametrize(
    ("criteria", "fields"),
    [
        (["area", "quantity"], set()),
        (["children"], {"civil.relatives"}),
        (["age", "sex"], {"person.birth_date", "person.sex"}),
    ],
)
def test_a_criterion_needs_its_own_fields_alone(criteria: list[str], fields: set[str]) -> None:
    """What no offer asks for is not looked at."""
    assert FACTS.fields(criteria) == fields


def test_the_family_is_who_lives_with_her_by_law() -> None:
    """Husband and children are of the household whatever their age, a mother is not; she is named herself."""
    herself = self_of(HISTORY, FACTS)

    assert len(list(family_of(HISTORY, FACTS))) == 3
    assert herself is not None
    assert herself.birth_date == date(1990, 9, 3)
    assert self_of({}, FACTS) is None
