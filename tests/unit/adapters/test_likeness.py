"""How well a candidate fits: a confidence and its reasons, and nothing that identifies anybody."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Likeness
from adapters.likeness import WEIGHTS, is_near, weigh
from contracts.vocabulary import Identity, PersonName, Scheme

RNOKPP = Scheme("rnokpp")
BORN = date(1990, 9, 3)
MARIA = Identity({RNOKPP: "3311845622"}, PersonName("Бондаренко", "Марія", "Олександрівна"), BORN)

NAMES = st.builds(PersonName, st.text(max_size=5), st.text(max_size=5), st.none() | st.text(max_size=5))
IDENTITIES = st.builds(
    Identity,
    st.dictionaries(st.sampled_from([RNOKPP, Scheme("unzr")]), st.text(max_size=3)),
    st.none() | NAMES,
    st.none() | st.dates(),
)


def candidate(family: str, given: str, patronymic: str | None, born: date = BORN) -> Identity:
    """Give somebody without a number."""
    return Identity({}, PersonName(family, given, patronymic), born)


@pytest.mark.parametrize(
    ("other", "confidence", "reasons"),
    [
        (candidate("БОНДАРЕНКО", "МАРІЯ", "ОЛЕКСАНДРІВНА"), 99, {"patronymic-equal", "birth-date-equal"}),
        (candidate("Бондаренко", "Марія", None), 90, {"patronymic-absent"}),
        (candidate("Бондаренко", "Марія", "Іванівна"), 70, {"patronymic-differs"}),
        (candidate("Бондаренка", "Марія", None), 75, {"family-name-near"}),
        (candidate("Марія", "Бондаренко", None), 70, {"names-exchanged"}),
        (candidate("Бондаренко", "Марія", None, date(1990, 3, 9)), 75, {"birth-date-exchanged"}),
        (candidate("Шевченко", "Іван", "Петрович", date(1970, 1, 1)), 0, {"family-name-differs"}),
        (Identity(), 0, {"name-absent", "birth-date-absent"}),
        (Identity({RNOKPP: "3311845622"}), 100, {"number-equal"}),
        (Identity({RNOKPP: "3111712316"}, MARIA.name, BORN), 10, {"number-differs"}),
    ],
)
def test_a_candidate_has_its_confidence_and_reasons(
    other: Identity, confidence: int, reasons: set[str]
) -> None:
    """What fits, what nearly does and what does not are told apart and named."""
    likeness = weigh(MARIA, other)

    assert likeness.confidence == confidence
    assert reasons <= set(likeness.reasons)


@given(IDENTITIES, IDENTITIES)
def test_a_likeness_tells_codes_alone(one: Identity, other: Identity) -> None:
    """For any two people it is a number of a hundred and reasons from the list."""
    likeness = weigh(one, other)

    assert 0 <= likeness.confidence <= 100
    assert set(likeness.reasons) <= WEIGHTS.keys() | {"number-equal", "number-differs"}


@given(IDENTITIES, IDENTITIES)
def test_a_likeness_is_mutual_in_its_confidence(one: Identity, other: Identity) -> None:
    """Who is asked about and who is found may change places."""
    assert isinstance(weigh(one, other), Likeness)
    assert weigh(one, other).confidence == weigh(other, one).confidence


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("ІВАН", "ІВАНА", True),
        ("ІВАН", "ВАН", True),
        ("ІВАН", "ІВЕН", True),
        ("ІВАН", "ІАВН", True),
        ("ІВАН", "ІВАН", True),
        ("ІВАН", "ІВЕНА", False),
        ("ІВАН", "НАВІ", False),
        ("ІВАН", "ІВАННА", False),
        ("", "А", True),
    ],
)
def test_one_slip_is_near(one: str, other: str, near: bool) -> None:  # noqa: FBT001  a row of a table
    """One letter more, less, other or exchanged is near, two are not."""
    assert is_near(one, other) is near
