"""The table of what each kind of entry says."""

from __future__ import annotations

from typing import Any

import pytest

from audit.carried import TABLE, undeclared
from audit.event import Kind
from tests.unit.audit.records import event


def test_every_kind_has_its_row() -> None:
    """No kind of entry is without a description."""
    assert TABLE.keys() == set(Kind)


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({}, ["of", "official", "unsealing"]),
        ({"official": "a", "details": {"of": "e", "unsealing": "u"}, "result": "opened"}, []),
        ({"official": "a", "details": {"of": "e", "unsealing": "u", "name": "N"}}, ["name", "result="]),
        ({"official": "a", "details": {"of": "e", "unsealing": "u"}, "result": "sold"}, ["result=sold"]),
    ],
)
def test_what_lacks_or_exceeds_its_row_is_named(members: dict[str, Any], wrong: list[str]) -> None:
    """Missing members and details, details beyond the row and unknown results are told."""
    assert set(undeclared(event(Kind.UNSEALING, **members))) >= set(wrong)
    assert bool(undeclared(event(Kind.UNSEALING, **members))) == bool(wrong)
