"""What is left out of a table cannot be computed from what is left in it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.offers.reports.suppression import TooFewPeopleError, suppress
from gateway.offers.reports.table import Person, Table
from tests.unit.offers.attack import bounds
from tests.unit.offers.people import table_of_people


def table_of(counts: Sequence[Sequence[int]], each: int = 1) -> Table:
    """Give a table with these counts; `each` person has so many deliveries, in one cell."""
    deliveries = [
        (f"r{row}", f"c{column}", Person(row * 1_000_003 + column * 1009 + number // each))
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        for number in range(count)
    ]
    return table_of_people(
        deliveries,
        [f"r{row}" for row in range(len(counts))],
        [f"c{column}" for column in range(len(counts[0]))],
    )


tables = st.integers(1, 6).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.integers(0, 6), st.integers(0, 60)), min_size=width, max_size=width),
        min_size=1,
        max_size=6,
    )
)


@settings(deadline=None, max_examples=150)
@given(counts=tables, threshold=st.sampled_from([5, 10]), special=st.booleans())
def test_no_hidden_cell_is_known_to_less_than_the_threshold(
    counts: list[list[int]], threshold: int, *, special: bool
) -> None:
    """A linear programme over all that is told leaves every hidden cell a doubt of the threshold or more."""
    table = table_of(counts)
    hidden = _suppressed(table, threshold, special=special)
    doubts = [most - least for least, most in bounds(table, hidden).values()]

    assert all(doubt >= threshold - 1e-6 for doubt in doubts)


@settings(deadline=None, max_examples=100)
@given(counts=tables, threshold=st.sampled_from([5, 10]))
def test_a_cell_with_too_few_people_is_never_told(counts: list[list[int]], threshold: int) -> None:
    """Whatever a table looks like, a cell of one person or more, and fewer than the threshold, is hidden."""
    table = table_of(counts)
    hidden = _suppressed(table, threshold)
    small = {place for place in table.places if 0 < table.cells[place].people < threshold}

    assert small <= hidden


def _suppressed(table: Table, threshold: int, *, special: bool = False) -> frozenset[tuple[int, int]]:
    """Suppress, or leave the example out where the table is refused whole."""
    try:
        return suppress(table, threshold, special=special)
    except TooFewPeopleError:
        assume(False)
        raise


def test_a_cell_is_small_by_people_not_by_deliveries() -> None:
    """Two people with ten deliveries each are two people."""
    table = table_of([[20, 30], [40, 50]], each=10)

    assert suppress(table, 5) >= {(0, 0)}


def test_three_more_cells_hide_a_small_one() -> None:
    """The one small cell of a table costs the smallest rectangle that keeps every total."""
    table = table_of([[2, 30, 90], [40, 20, 90], [90, 90, 90]])

    assert suppress(table, 5) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_table_without_small_cells_is_told_whole() -> None:
    """Nothing is left out where nothing must be."""
    assert suppress(table_of([[5, 6], [0, 9]]), 5) == frozenset()


def test_a_group_of_one_mind_is_hidden_where_it_is_special() -> None:
    """If all people of a row share a column, the row's total would tell what each of them has."""
    table = table_of([[0, 40], [30, 30], [20, 25]])

    assert (0, 1) in suppress(table, 5, special=True)
    assert suppress(table, 5) == frozenset()


@pytest.mark.parametrize("counts", [[[3]], [[1, 1], [1, 1]], [[0, 4], [0, 0]]])
def test_a_table_of_too_few_people_is_refused_whole(counts: list[list[int]]) -> None:
    """A table about fewer people than the threshold is not given at all."""
    with pytest.raises(TooFewPeopleError):
        suppress(table_of(counts), 5)
