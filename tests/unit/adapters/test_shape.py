"""The shape of a record: what is new or gone is named, values are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.protocols.shape import Shape

ONE = {"number": "1", "name": {"first": "A"}, "aid": [{"kind": "food"}]}
OTHER = {"number": "2", "name": {"first": "B", "middle": "C"}, "aid": []}


@pytest.fixture
def shape(tmp_path: Path) -> Shape:
    """Give the shape of two records that differ a little."""
    file = tmp_path / "records.json"
    file.write_text(json.dumps({"one": {"said": ONE}, "other": {"said": OTHER}}))
    learnt = Shape.of_samples(file)
    assert learnt
    return learnt


@pytest.mark.parametrize(
    ("said", "drift"),
    [
        (ONE, set()),
        (OTHER, set()),
        ({**ONE, "phone": "1"}, {"new phone"}),
        ({"number": "1", "aid": []}, {"gone name", "gone name.first"}),
        ({**ONE, "name": {"first": "A", "nick": "x"}}, {"new name.nick"}),
        ({**ONE, "aid": [{"kind": "food"}, {"sum": 1}]}, {"new aid.sum"}),
        ({**ONE, "name": "A"}, {"gone name.first"}),
        ([], {"gone number", "gone name", "gone name.first", "gone aid"}),
    ],
)
def test_what_is_new_or_gone_is_named(shape: Shape, said: Any, drift: set[str]) -> None:
    """Members that no sample has, and members that every sample has, by where they stand."""
    first, again = shape.drift(said), shape.drift(said)

    assert first == drift
    assert again == drift


def test_a_name_that_could_be_a_value_is_not_repeated(shape: Shape) -> None:
    """A member called by a number or by a person's name is only said to be there."""
    drift = shape.drift({**ONE, "3311845622": {"Бондаренко": 1}, "born 1990": 2})

    assert drift == {"new (unnamed)", "new (unnamed).(unnamed)"}


def test_a_flood_of_members_is_cut_short(shape: Shape) -> None:
    """Another document altogether is told by twenty of its names."""
    drift = shape.drift({f"member_{letter}": 1 for letter in map(chr, range(97, 123))})

    assert len(drift) == 20


def test_nothing_is_learnt_from_no_samples(tmp_path: Path) -> None:
    """A registry without samples has no shape, and nothing is told of it."""
    learnt = Shape.of_samples(tmp_path / "records.json")

    assert learnt is None
