"""The simulated people are coherent: with the rules of identifiers, with each other, with the samples."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from adapters.catalog import find_registries
from adapters.conformance import simulated_bench
from adapters.people import Person, load_people
from contracts.glossary import load_vocabulary
from contracts.identifiers import is_valid
from contracts.vocabulary import Scheme, Source

PEOPLE = load_people()
LIBRARY = Path(__file__).parents[3] / "contracts" / "library" / "vocabulary"
VOCABULARY = load_vocabulary(LIBRARY)
FAMILIES = [person for person in PEOPLE.values() if person.mother or person.father or person.partner]


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_identifiers_are_valid(person: Person) -> None:
    """Every number that a simulated person has passes the check of its scheme."""
    numbers = {scheme: value for scheme, value in person.identity().identifiers.items() if value}

    assert numbers
    assert all(is_valid(VOCABULARY, Scheme(scheme), value) for scheme, value in numbers.items())


@pytest.mark.parametrize("person", FAMILIES, ids=lambda person: str(person.key))
def test_families_hold_together(person: Person) -> None:
    """A parent is older than the child, and partners name each other."""
    parents = [PEOPLE[key] for key in (person.mother, person.father) if key]

    assert all(parent.birth_date.year + 15 < person.birth_date.year for parent in parents)
    assert not person.partner or PEOPLE[person.partner].partner == person.key


def test_the_people_show_what_registries_stumble_over() -> None:
    """Among them are homonyms, children, people without a number or a patronymic, people at risk."""
    names = [
        (person.family, person.given, person.patronymic, person.birth_date) for person in PEOPLE.values()
    ]
    today = date.today()  # noqa: DTZ011  the children stay children until 2030

    assert len(PEOPLE) >= 12
    assert len(names) - len(set(names)) == 1
    assert [person.key for person in PEOPLE.values() if not person.rnokpp]
    assert [person.key for person in PEOPLE.values() if not person.unzr]
    assert [person.key for person in PEOPLE.values() if not person.patronymic]
    assert [person.key for person in PEOPLE.values() if person.at_risk]
    assert [person.key for person in PEOPLE.values() if person.birth_date.year > today.year - 18]
    assert [
        person.key
        for person in PEOPLE.values()
        if person.unzr and person.unzr[:8] != f"{person.birth_date:%Y%m%d}"
    ]


def test_the_main_person_is_who_the_interface_says() -> None:
    """The demo's main person has the published numbers and is at the border alone of her name."""
    maria = PEOPLE["maria"]

    assert (maria.rnokpp, maria.unzr) == ("3311845622", "19900903-13025")
    assert (maria.family, maria.given, maria.patronymic) == ("Бондаренко", "Марія", "Олександрівна")
    assert maria.birth_date == date(1990, 9, 3)


def test_registries_spell_one_name_in_their_own_ways() -> None:
    """The same person's name differs from registry to registry in apostrophe and case."""
    spellings = {
        simulated_bench(find_registries()[Source(source)]).samples()["lukian"]["means"]["person.family_name"]
        for source in ("health", "education", "border")
    }

    assert spellings == {"Дем'яненко", "Демʼяненко", "ДЕМ`ЯНЕНКО"}
