"""Spellings that registries give the same name, date and sex."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.normal import (
    Flagged,
    identifier_key,
    name_key,
    read_area,
    read_date,
    read_document,
    read_phones,
    read_registration,
    read_sex,
    read_yes_no,
)
from adapters.protocols.crosswalk import UnknownCodeError
from contracts.vocabulary import Value


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


@pytest.mark.parametrize("spelling", ["Демяненко", "Дем′яненко", "Дем яненко"])
def test_an_apostrophe_may_be_missing(spelling: str) -> None:
    """A name typed without its apostrophe is the same; with a blank in its place it is another."""
    read = name_key(spelling)

    assert (read == name_key("Дем’яненко")) == (" " not in spelling)


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
    with pytest.raises(UnknownCodeError):
        read_sex("-")


@pytest.mark.parametrize(
    ("word", "truth"), [("так", True), ("ТАК", True), ("1", True), (True, True), ("ні", False), (None, None)]
)
def test_words_for_yes_and_no_become_truths(word: object, truth: object) -> None:
    """Words, digits and truth values mean the same; what is absent stays absent."""
    read = read_yes_no(word)

    assert read is truth


@pytest.mark.parametrize(
    "text", ["+380671234567", "380671234567", "0671234567", "+38 (067) 123-45-67", "067.123.45.67"]
)
def test_spellings_of_a_phone_become_one(text: str) -> None:
    """Country code, brackets and marks make no other number."""
    read = read_phones(text)

    assert read == ("+380671234567",)


def test_phones_joined_in_one_text_are_taken_apart() -> None:
    """Registries put several into one member, and one that is no number is flagged, not dropped."""
    several, doubtful = read_phones("0671234567; 0501234567,"), read_phones("0671234567, немає")

    assert several == ("+380671234567", "+380501234567")
    assert doubtful == Flagged(("+380671234567", "немає"), ("phone",))


@pytest.mark.parametrize(
    ("code", "area"),
    [
        ("UA80000000000093317", "UA80000000000093317"),
        (" ua80000000000093317 ", "UA80000000000093317"),
        ("8000000000", Flagged("UA80000000000093317", ("converted",))),
        ("8036100000", Flagged("UA80000000000126643", ("converted",))),
    ],
)
def test_codes_of_a_place_become_the_codifier_s(code: str, area: Value | Flagged) -> None:
    """A code of today stays, a withdrawn one is converted and says so."""
    read = read_area(code)

    assert read == area


@pytest.mark.parametrize("code", ["2610100000", "", "Київ", "UA8000"])
def test_a_place_without_a_row_is_not_guessed(code: str) -> None:
    """A withdrawn code of a town is never taken for its region."""
    with pytest.raises(UnknownCodeError, match="koatuu"):
        read_area(code)


def test_a_registration_in_one_text_is_taken_apart() -> None:
    """Address, new code and old one stand in one text; the new one counts, else the old."""
    new = read_registration("м. Київ, вул. Садова, 1;UA80000000000093317;8000000000")
    old = read_registration("м. Київ, вул. Садова, 1;;8000000000")

    assert new == "UA80000000000093317"
    assert old == Flagged("UA80000000000093317", ("converted",))


def test_a_document_is_one_text() -> None:
    """Series and number, with or without marks, are one number."""
    read = {read_document("АЕ", "412087"), read_document(None, "ае № 412087"), read_document("", "АЕ-412087")}

    assert read == {"АЕ412087"}


@given(st.text())
def test_a_folded_name_folds_to_itself(name: str) -> None:
    """Folding twice is folding once, for any text."""
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(alphabet="абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", min_size=1), st.sampled_from("'’ʼ`‘"))
def test_case_blanks_and_apostrophes_never_matter(name: str, mark: str) -> None:
    """However a Ukrainian name is cased, spaced and marked, it is the same."""
    assert name_key(f" {name.upper()}{mark} ") == name_key(name)


@given(st.dates())
def test_a_date_is_the_same_in_every_order(day: date) -> None:
    """What is written in any of the three orders is read as the day it was."""
    written = {f"{day:%d.%m.}{day.year:04}", f"{day.year:04}{day:.%m.%d}", day.isoformat()}

    assert {read_date(text) for text in written} == {day}


@given(st.text(alphabet="0123456789()+-. ,;абв", max_size=40))
def test_no_text_breaks_the_reading_of_phones(text: str) -> None:
    """Whatever stands there comes out as numbers or as it stood, flagged."""
    assert isinstance(read_phones(text), (tuple, Flagged))
