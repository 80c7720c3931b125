"""Samples that can be drawn again and cannot be steered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audit.event import Event, Kind
from audit.sampling import Plan
from tests.unit.audit.streams import entry, sample, sample_ids

RELEASES = [
    entry(Kind.RELEASE, n, agency=agency, id=f"{agency}-{n}")
    for n in range(20)
    for agency in ("case-system", "partner")
]


def test_each_agency_gives_as_many_as_planned() -> None:
    """Agencies are drawn from apart, in the log's order."""
    drawn = sample(Plan("seed", 5, 1000), RELEASES)

    assert {agency: len(indexes) for agency, indexes in drawn.items()} == {"case-system": 5, "partner": 5}
    assert drawn["partner"] == sorted(drawn["partner"])


def test_an_agency_with_fewer_gives_all() -> None:
    """Nothing is drawn twice to fill a sample."""
    assert sample(Plan("seed", 5, 1000), RELEASES[:4]) == {"case-system": [0, 2], "partner": [1, 3]}


def test_another_seed_draws_another_sample() -> None:
    """The sample follows from the seed."""
    assert sample(Plan("one", 5, 1000), RELEASES) != sample(Plan("two", 5, 1000), RELEASES)


def test_what_came_later_changes_no_sample() -> None:
    """The plan's size bounds what is drawn from, so that a grown log gives the same sample."""
    plan = Plan("seed", 5, len(RELEASES))
    later = [entry(Kind.RELEASE, n, id=f"later-{n}") for n in range(50)]

    assert sample(plan, [*RELEASES, *later]) == sample(plan, RELEASES)


@given(st.text(max_size=20), st.integers(1, 8), st.permutations(RELEASES[:16]))
def test_a_sample_depends_on_seed_and_ids_alone(seed: str, each: int, events: list[Event]) -> None:
    """Whoever could change the order of entries could not steer who is looked at."""
    plan = Plan(seed, each, 1000)

    assert sample_ids(plan, events) == sample_ids(plan, RELEASES[:16])
