"""Whoever has every table that is to be had still cannot tell how many few there were."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from gateway.offers.areas import Area
from gateway.offers.reports.ledger import Box, DifferenceError, Figure, Ledger
from gateway.offers.reports.perturbation import PLAIN, person_key, perturb
from gateway.offers.reports.suppression import TooFewPeopleError, suppress
from gateway.offers.reports.table import CELL_KEYS, Cell, Place, Table
from tests.unit.offers.people import table_of_people

THRESHOLD = 5
AREAS, AGES, SEXES, MONTHS = (
    ("UA05", "UA18", "UA32"),
    ("0-5", "6-17", "18-59"),
    ("female", "male"),
    range(1, 7),
)
PERIODS = [(month, month) for month in MONTHS] + [(1, 3), (4, 6)]
Atom = tuple[int, str, str, str]
"""One month, area, age band and sex: the finest that anything is counted by."""


@dataclass(frozen=True)
class Seen:
    """One figure of a table: the atoms it is about, what was told of them, and what is true."""

    atoms: tuple[Atom, ...]
    told: int | None
    true: int


def _people(seed: int) -> list[Atom]:
    dice = random.Random(seed)  # noqa: S311  made-up people
    return [
        (
            dice.choice(MONTHS),
            dice.choices(AREAS, (0.7, 0.27, 0.03))[0],
            dice.choices(AGES, (0.06, 0.24, 0.7))[0],
            dice.choice(SEXES),
        )
        for _ in range(250)
    ]


def _ask_everything(people: Sequence[Atom], seed: int) -> list[Seen]:
    """Ask for every table and period in turn, as the ledger lets, and note each figure."""
    ledger, seen = Ledger(), []
    dimensions = {"area": (1, AREAS), "age_band": (2, AGES), "sex": (3, SEXES)}
    for (first, last), (rows, columns) in product(
        PERIODS, (("area", "age_band"), ("area", "sex"), ("age_band", "sex"))
    ):
        (down, row_names), (across, column_names) = dimensions[rows], dimensions[columns]
        counted = [(number, atom) for number, atom in enumerate(people) if first <= atom[0] <= last]
        table = table_of_people(
            [
                (str(atom[down]), str(atom[across]), person_key(bytes([seed]), str(number)))
                for number, atom in counted
            ],
            row_names,
            column_names,
        )
        boxes = {place: _box(first, last, rows, columns, table, place) for place in table.places}
        try:
            hidden = suppress(
                table,
                THRESHOLD,
                told=[place for place, box in boxes.items() if ledger.told(box) is True],
                hidden_before=[place for place, box in boxes.items() if ledger.told(box) is False],
            )
            figures = [
                Figure(box, table.cells[place].deliveries, place not in hidden)
                for place, box in boxes.items()
            ]
            ledger.admit(figures, THRESHOLD)
        except (TooFewPeopleError, DifferenceError):
            continue
        ledger.add(f"{first}-{last}-{rows}-{columns}", figures)
        for (row, column), figure in zip(boxes, figures, strict=True):
            narrowed = {rows: [*row_names, ""][row], columns: [*column_names, ""][column]}
            cell = table.cells[row, column]
            told = perturb(cell, PLAIN, THRESHOLD) if figure.told else None
            seen.append(Seen(tuple(_atoms(first, last, narrowed)), told, cell.deliveries))
    return seen


def _box(first: int, last: int, rows: str, columns: str, table: Table, place: Place) -> Box:
    narrowed = {rows: [*table.rows, ""][place[0]], columns: [*table.columns, ""][place[1]]}
    key = ("", "", "", "", "", narrowed.get("age_band", ""), narrowed.get("sex", ""), "")
    return Box(key, Area(narrowed.get("area") or "UA"), date(2025, first, 1), date(2025, last, 28))


def _atoms(first: int, last: int, narrowed: Mapping[str, str]) -> Iterator[Atom]:
    for month, area, age, sex in product(range(first, last + 1), AREAS, AGES, SEXES):
        wanted = {"area": area, "age_band": age, "sex": sex}
        if all(not value or wanted[name] == value for name, value in narrowed.items()):
            yield month, area, age, sex


def _bounds(seen: Sequence[Seen]) -> list[tuple[Seen, float, float]]:
    """Bound each small hidden count by a linear programme over everything that was told.

    The reader knows the rules: noise of two at most, nothing below the threshold told, zeros exact.
    """
    atoms = {
        atom: number for number, atom in enumerate(sorted({atom for each in seen for atom in each.atoms}))
    }
    told = [each for each in seen if each.told is not None]
    most = [0 if each.told == 0 else (each.told or 0) + PLAIN.reach for each in told]
    least = [0 if each.told == 0 else max(THRESHOLD, (each.told or 0) - PLAIN.reach) for each in told]
    lines = np.vstack([_line(each, atoms) for each in told])
    left = csr_array(np.vstack([lines, -lines]))
    right = np.array([*most, *(-value for value in least)])
    small = [each for each in seen if each.told is None and 0 < each.true < THRESHOLD]
    return [
        (each, _extreme(each, atoms, left, right, 1), _extreme(each, atoms, left, right, -1))
        for each in small
    ]


def _line(seen: Seen, atoms: Mapping[Atom, int]) -> np.ndarray:
    line = np.zeros(len(atoms))
    line[[atoms[atom] for atom in seen.atoms]] = 1
    return line


def _extreme(seen: Seen, atoms: Mapping[Atom, int], left: csr_array, right: np.ndarray, sign: int) -> float:
    found = linprog(sign * _line(seen, atoms), A_ub=left, b_ub=right, bounds=(0, None), method="highs")
    return sign * float(found.fun) if found.status == 0 else -sign * float("inf")


@pytest.mark.parametrize("seed", range(4))
def test_no_small_count_is_recovered_by_differencing(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Over time, areas and sub-populations at once: every hidden small count stays in doubt by five."""
    seen = _ask_everything(_people(seed), seed)
    bounded = _bounds(seen)
    recovered = [each for each, least, most in bounded if most - least < THRESHOLD]
    with capsys.disabled():
        told = sum(each.told is not None for each in seen)
        counts = f"{told} figures told, {len(bounded)} small ones hidden, {len(recovered)} recovered"
        print(f"\nattack {seed}: {counts}")  # noqa: T201  what a sceptic looks for

    assert told
    assert bounded
    assert not recovered


def test_the_same_people_get_the_same_noise_whatever_the_table() -> None:
    """A cell's noise depends on who is in it alone: two tables give one figure, not two to average."""
    people = [person_key(b"secret", str(number)) for number in range(30)]
    one = table_of_people([("a", "x", person) for person in people], ["a"], ["x"])
    other = table_of_people([("b", "y", person) for person in reversed(people)], ["b"], ["y"])

    assert perturb(one.cells[0, 0], PLAIN, 5) == perturb(other.cells[0, 0], PLAIN, 5)


def test_the_noise_is_unbiased() -> None:
    """Over all keys the noise adds up to nothing."""
    shares = [PLAIN.of(Cell(50, 50, key * (CELL_KEYS // 256))) for key in range(256)]

    assert sum(shares) == 0
    assert set(shares) == {-2, -1, 0, 1, 2}


def test_a_persons_key_needs_the_secret() -> None:
    """Another secret gives other keys, so nobody can compute the noise of a group she knows."""
    assert person_key(b"one", "subject") != person_key(b"other", "subject")
    assert 0 <= person_key(b"one", "subject") < CELL_KEYS
