"""What a registry is told of a person, and whether its answer is about her."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.base import SourceMisbehavedError, SourceRefusedError
from adapters.protocols.subject import DateFormats, Wording, check_person
from contracts.vocabulary import NAME, Identity, PersonName, Scheme, Source, Subject

SOURCE = Source("employment")
RNOKPP, UNZR = Scheme("rnokpp"), Scheme("unzr")
NUMBERS = {RNOKPP: "3311845622", UNZR: "19900903-13025"}
MARIA = PersonName("Бондаренко", "Марія", "Олександрівна")
BORN = date(1990, 9, 3)
BY_NUMBER = Wording(SOURCE, [frozenset({RNOKPP}), frozenset({UNZR})], {"code": "rnokpp", "record": "unzr"})
BY_NAME = Wording(
    SOURCE,
    [frozenset({NAME})],
    {"last": "family_name", "first": "given_name", "middle": "patronymic", "born": "birth_date"},
    DateFormats("%d.%m.%Y"),
)


def test_only_the_best_identifier_is_sent() -> None:
    """A registry that is content with one number learns no other and no name."""
    subject = Subject(Identity(NUMBERS, MARIA, BORN))

    assert BY_NUMBER.say(subject) == {"code": "3311845622"}


def test_the_next_identifier_stands_in() -> None:
    """Somebody without the best number is asked for by the next one."""
    subject = Subject(Identity({UNZR: "19900903-13025"}, MARIA, BORN))

    assert BY_NUMBER.say(subject) == {"record": "19900903-13025"}


def test_a_name_goes_with_its_birth_date() -> None:
    """A registry that knows no numbers gets name and date in its own order, and no number."""
    subject = Subject(Identity(NUMBERS, MARIA, BORN))

    assert BY_NAME.say(subject) == {
        "last": "Бондаренко",
        "first": "Марія",
        "middle": "Олександрівна",
        "born": "03.09.1990",
    }


def test_an_absent_patronymic_is_left_out() -> None:
    """Somebody without a patronymic is asked for without one, not with an empty one."""
    subject = Subject(Identity({}, PersonName("Зайдулла", "Амір"), BORN))

    assert BY_NAME.say(subject) == {"last": "Зайдулла", "first": "Амір", "born": "03.09.1990"}


@pytest.mark.parametrize(
    "identity",
    [Identity(), Identity({Scheme("passport"): "АЕ412087"}), Identity({}, MARIA), Identity({}, None, BORN)],
)
def test_somebody_who_cannot_be_named_is_not_asked_about(identity: Identity) -> None:
    """Without a sufficient set of identifiers nothing is sent."""
    with pytest.raises(SourceRefusedError, match="identifier-missing"):
        BY_NAME.say(Subject(identity))


@pytest.mark.parametrize(
    "answered",
    [
        Identity({RNOKPP: "3311845622"}),
        Identity({RNOKPP: "3311845622"}, PersonName("Іваненко", "Марія"), date(1990, 9, 4)),
        Identity(NUMBERS, PersonName("БОНДАРЕНКО", "МАРІЯ")),
        Identity({}, PersonName("БОНДАРЕНКО", "МAРІЯ"), BORN),
        Identity({}, PersonName("Бондаренко", "Марія", "ОЛЕКСАНДРІВНА"), BORN),
    ],
)
def test_the_person_asked_for_is_recognised(answered: Identity) -> None:
    """Equal numbers are the same person, whatever the name is now; without numbers, name and date are."""
    check_person(SOURCE, Subject(Identity(NUMBERS, MARIA, BORN)), answered)


@pytest.mark.parametrize(
    "answered",
    [
        Identity(),
        Identity({RNOKPP: "3111712316"}, MARIA, BORN),
        Identity({RNOKPP: "3311845622", UNZR: "19850312-00416"}),
        Identity({}, MARIA, date(1990, 9, 4)),
        Identity({}, MARIA),
        Identity({}, None, BORN),
        Identity({}, PersonName("Бондаренко", "Мар’яна"), BORN),
        Identity({}, PersonName("Бондаренко", "Марія", "Петрівна"), BORN),
        Identity({Scheme("passport"): "АЕ412087"}),
    ],
)
def test_another_person_is_refused(answered: Identity) -> None:
    """One unequal number, another name or date, or nothing to compare: the answer is not used."""
    with pytest.raises(SourceMisbehavedError, match=r"^employment: wrong-person$"):
        check_person(SOURCE, Subject(Identity(NUMBERS, MARIA, BORN)), answered)
