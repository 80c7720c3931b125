"""Published and computed numbers: the check digits of РНОКПП and УНЗР, and the birth dates they hint at.

The numbers are those that official documents and open code give as examples; several of those
examples break the very rule, which is why a registry's own number is only flagged.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from contracts.glossary import load_vocabulary
from contracts.identifiers import born, check, is_valid
from contracts.vocabulary import Scheme

VOCABULARY = load_vocabulary(Path(__file__).parents[2] / "contracts" / "library" / "vocabulary")
RNOKPP, UNZR = Scheme("rnokpp"), Scheme("unzr")


@pytest.mark.parametrize(
    ("number", "birth_date"),
    [
        ("1759013776", date(1948, 2, 28)),
        ("3111712316", date(1985, 3, 12)),
        ("3311845622", date(1990, 9, 3)),
        ("4219678939", date(2015, 7, 12)),
    ],
)
def test_a_valid_rnokpp_hints_at_the_birth_date(number: str, birth_date: date) -> None:
    """The check digit holds and the first five digits count days from the end of 1899."""
    normal = check(VOCABULARY, RNOKPP, number)

    assert normal == number
    assert born(VOCABULARY, RNOKPP, normal) == birth_date


@pytest.mark.parametrize("number", ["1759013770", "3126509816", "1234567036", "2345678901", "0000000000"])
def test_a_wrong_rnokpp_is_noticed(number: str) -> None:
    """The check digit does not hold, although public fixtures and documents show such numbers."""
    valid = is_valid(VOCABULARY, RNOKPP, number)

    assert not valid


@pytest.mark.parametrize(
    ("number", "birth_date"),
    [
        ("19910824-00026", date(1991, 8, 24)),
        ("20000213-01467", date(2000, 2, 13)),
        ("20241011-12345", date(2024, 10, 11)),
        ("19850312-00416", date(1985, 3, 12)),
        ("19900903-13025", date(1990, 9, 3)),
        ("20150712-00077", date(2015, 7, 12)),
    ],
)
def test_a_valid_unzr_begins_with_the_birth_date(number: str, birth_date: date) -> None:
    """The check digit of ICAO 9303 holds and the first eight digits are a day."""
    normal = check(VOCABULARY, UNZR, number)

    assert normal == number
    assert born(VOCABULARY, UNZR, normal) == birth_date


@pytest.mark.parametrize("number", ["19910824-00027", "19910824-01234", "19910824-00000"])
def test_a_wrong_unzr_is_noticed(number: str) -> None:
    """Placeholders and slips do not keep the rule."""
    valid = is_valid(VOCABULARY, UNZR, number)

    assert not valid


def test_an_impossible_day_is_no_hint() -> None:
    """A number whose check digit holds may still name no day of the calendar."""
    number = check(VOCABULARY, UNZR, "19901332-00006")

    assert born(VOCABULARY, UNZR, number) is None


def test_a_passport_hints_at_no_birth_date() -> None:
    """A number that carries no date tells none."""
    number = check(VOCABULARY, Scheme("passport"), "АВ123456")

    assert born(VOCABULARY, Scheme("passport"), number) is None
