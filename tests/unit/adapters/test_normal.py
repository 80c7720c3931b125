"""Spellings that registries give the same name, date and sex."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.normal import identifier_key, name_key, read_date, read_sex


@pytest.mark.parametrize(
    "spelling",
    ["Дем’яненко", "Дем'яненко", "ДЕМ`ЯНЕНКО", "Демʼяненко", " дем‘яненко ", "ДЕM’ЯHEHKO"],
)
def test_spellings_of_one_name_are_equal(spelling: str) -> None:
    """Apostrophes, case, blanks and Latin look-alikes do not make another name."""
    read = name_key(spelling)

    assert read == name_key("Дем’яненко")


@pytest.mark.parametrize("other", ["Демяненко-Коваль", "Дем’яненка", "Демиденко"])
def test_other_names_stay_other(other: str) -> None:
    """A name that differs in a letter stays another name."""
    read = name_key(other)

    assert read != name_key("Дем’яненко")


def test_a_latin_name_stays_latin() -> None:
    """A name without a Cyrillic letter is not turned into Cyrillic."""
    read = name_key("Ohm")

    assert read == "ohm"


def test_parts_of_a_name_are_joined_in_any_way() -> None:
    """Hyphen, dash and blank between the parts of a name are the same."""
    read = name_key("Канаренко–Жовта")

    assert read == name_key("КАНАРЕНКО - ЖОВТА")


def test_identifiers_are_equal_despite_look_alikes() -> None:
    """A series typed with Latin letters is the Cyrillic one."""
    read = identifier_key("AE 412087")

    assert read == identifier_key("АЕ412087")


@pytest.mark.parametrize(
    "text", ["1990-09-03", "03.09.1990", "1990.09.03", "1990-09-03T10:00:00Z", " 03.09.1990 "]
)
def test_three_orders_of_a_date_are_read(text: str) -> None:
    """A date is read in each of the orders that registries use."""
    read = read_date(text)

    assert read == date(1990, 9, 3)


@pytest.mark.parametrize(
    "text", ["", "03/09/1990", "1990-9-3", "03-09-1990", "1990-09.03", "31.02.1990", "٠٣.٠٩.١٩٩٠"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    """Another order, a missing digit or a day that does not exist is not guessed at."""
    with pytest.raises(ValueError, match=r"not-a-date|day is out of range"):
        read_date(text)


@pytest.mark.parametrize("word", ["FEMALE", "female", "F", "Ж", "жіноча"])
def test_words_for_a_sex_become_one_code(word: str) -> None:
    """Each registry's word for a woman is the same code."""
    read = read_sex(word)

    assert read == "female"


def test_an_unforeseen_word_for_a_sex_is_refused() -> None:
    """A word that no registry uses is not guessed at."""
    with pytest.raises(KeyError):
        read_sex("-")
