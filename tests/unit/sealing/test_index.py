"""Blind indexes: equal for equal people, apart for everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from contracts.glossary import load_vocabulary
from contracts.vocabulary import PersonName, Scheme
from gateway.sealing.index import BlindIndex
from tests.unit.sealing.samples import make_ring

VOCABULARY = load_vocabulary(Path(__file__).parents[3] / "contracts" / "library" / "vocabulary")
RNOKPP, UNZR = Scheme("rnokpp"), Scheme("unzr")
NAME = PersonName("Сокол-Бі", "Мар’яна", "Олегівна")
BORN = date(1990, 9, 3)


def test_an_index_is_128_bits_and_steady(tmp_path: Path) -> None:
    """The same number of the same scheme always has the same index."""
    ring = make_ring(tmp_path)
    blind = BlindIndex(ring, "demo", VOCABULARY).of(RNOKPP, "3311845622")

    assert len(blind) == 16
    assert blind == BlindIndex(ring, "demo", VOCABULARY).of(RNOKPP, "3311845622")


def test_scheme_tenant_and_key_set_indexes_apart(tmp_path: Path) -> None:
    """The same number elsewhere has another index, so that nobody can join two databases."""
    ring = make_ring(tmp_path)
    (tmp_path / "other").mkdir()
    number = "3311845622"
    blinds = {
        BlindIndex(ring, "demo", VOCABULARY).of(RNOKPP, number),
        BlindIndex(ring, "demo", VOCABULARY).of(UNZR, number),
        BlindIndex(ring, "other", VOCABULARY).of(RNOKPP, number),
        BlindIndex(make_ring(tmp_path / "other"), "demo", VOCABULARY).of(RNOKPP, number),
        BlindIndex(ring, "demo", VOCABULARY).of(RNOKPP, "3311845623"),
    }

    assert len(blinds) == 5


def test_spellings_of_a_name_share_an_index(tmp_path: Path) -> None:
    """Apostrophes, case, look-alikes and a missing patronymic lead to the same person."""
    index = BlindIndex(make_ring(tmp_path), "demo", VOCABULARY)
    spellings = [
        NAME,
        PersonName("СОКОЛ-БІ", "МАР'ЯНА"),
        PersonName(" сокол-бi ", "Мар`яна", "олегівна"),
        PersonName("Coкoл–Бі", "Марʼяна"),
    ]
    blinds = {index.of_name(name, BORN) for name in spellings}

    assert len(blinds) == 1


def test_another_name_or_day_is_another_index(tmp_path: Path) -> None:
    """Name and birth date both count, and parts of a name do not run together."""
    index = BlindIndex(make_ring(tmp_path), "demo", VOCABULARY)
    blinds = {
        index.of_name(NAME, BORN),
        index.of_name(NAME, date(1990, 9, 4)),
        index.of_name(replace(NAME, given="Марина"), BORN),
        index.of_name(PersonName("Сокол", "-БіМар’яна"), BORN),
    }

    assert len(blinds) == 4
