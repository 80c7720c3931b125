"""Identifiers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identifiers import InvalidIdentifierError, check, fold_name, is_valid
from contracts.vocabulary import NAME, Scheme
from tests.unit.contracts.samples import VOCABULARY

RNOKPP, UNZR = Scheme("rnokpp"), Scheme("unzr")


@pytest.mark.parametrize(
    ("scheme", "typed", "normal"),
    [
        ("rnokpp", " 331 184 56 22", "3311845622"),
        ("unzr", "19900903–13025", "19900903-13025"),
        ("passport", "ав 123456", "АВ123456"),
        ("passport", "AB№123456", "АВ123456"),
        ("id-card", "123 456-789", "123456789"),
        ("birth-certificate", "I-БК № 123456", "I-БК123456"),
        ("birth-certificate", "І-бк 123456", "I-БК123456"),
        ("birth-certificate", "1-БК 123456", "I-БК123456"),
        ("birth-certificate", "ІVБК123456", "IV-БК123456"),
    ],
)
def test_spellings_of_one_number_become_one(scheme: str, typed: str, normal: str) -> None:
    """Spaces, dashes, case and look-alike letters make no other person of the same one."""
    spelled = check(VOCABULARY, Scheme(scheme), typed)

    assert spelled == normal


@pytest.mark.parametrize(
    ("scheme", "typed"),
    [
        ("rnokpp", "3311845623"),
        ("rnokpp", "0000000000"),
        ("rnokpp", "331184562"),
        ("rnokpp", "٣٣١١٨٤٥٦٢٢"),
        ("rnokpp", "3311845622\n"),
        ("unzr", "19900903-13026"),
        ("passport", "QZ123456"),
        ("passport", "ЫЭ123456"),
        ("id-card", "000000000"),
        ("birth-certificate", "A-БК123456"),
        ("name", "Марія"),
        ("no-such-scheme", "3311845622"),
        ("rnokpp", ""),
        ("rnokpp", "3" * 100_000),
    ],
)
def test_what_is_no_identifier_is_refused(scheme: str, typed: str) -> None:
    """A wrong shape, check digit, alphabet or scheme is refused, however long."""
    with pytest.raises(InvalidIdentifierError) as refused:
        check(VOCABULARY, Scheme(scheme), typed)

    assert refused.value.scheme == scheme


def test_a_refusal_names_the_scheme_alone() -> None:
    """The number that was typed stands nowhere in the error."""
    with pytest.raises(InvalidIdentifierError) as refused:
        check(VOCABULARY, RNOKPP, "3311845623")

    assert "3311845623" not in f"{refused.value!r} {refused.value}"


@given(position=st.integers(0, 9), digit=st.integers(0, 9))
def test_a_check_digit_notices_one_wrong_digit_nearly_always(position: int, digit: int) -> None:
    """One digit typed wrong is refused, but where ten and zero share a check digit."""
    number = "3311845622"
    typed = f"{number[:position]}{digit}{number[position + 1 :]}"
    accepted = is_valid(VOCABULARY, RNOKPP, typed)

    assert not accepted or typed == number or _sum(typed) % 11 in {0, 10}


def _sum(number: str) -> int:
    weights = (-1, 5, 7, 9, 4, 6, 10, 5, 7)
    return sum(weight * int(digit) for weight, digit in zip(weights, number, strict=False))


@given(st.text(max_size=80), st.sampled_from([*VOCABULARY.schemes, NAME]))
def test_any_text_is_a_normal_identifier_or_refused(text: str, scheme: Scheme) -> None:
    """Whatever is typed never fails otherwise, and what is accepted is accepted again unchanged."""
    accepted = is_valid(VOCABULARY, scheme, text)
    normal = check(VOCABULARY, scheme, text) if accepted else ""

    assert not accepted or check(VOCABULARY, scheme, normal) == normal


@pytest.mark.parametrize(
    "spelling",
    ["О’Мар’яна-Бі", "О'МАР'ЯНА-БІ", "о`мар`яна-бі", " ОʼМарʼяна-Бi ", "O’Maр’янa-Бi", "О’Мар’яна–Бі"],
)
def test_spellings_of_one_name_become_one(spelling: str) -> None:
    """Apostrophes, case, look-alikes and spaces make no other name."""
    folded = fold_name(VOCABULARY, spelling)

    assert folded == "ОМАРЯНА БІ"


def test_different_names_stay_different() -> None:
    """What is not a spelling of the same name is not folded onto it."""
    folded = {fold_name(VOCABULARY, name) for name in ("Марія", "Марина", "Мар'яна", "Маріяна")}

    assert len(folded) == 4
