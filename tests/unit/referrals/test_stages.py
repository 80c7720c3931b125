"""The state machine of referrals: what may follow what, and who may do it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.referrals.stages import ENDED, OPENED, WAYS, Side, Stage, Step, follows, steps_of

MOVES = st.lists(st.tuples(st.sampled_from(Step), st.sampled_from(Side)), max_size=30)


def _walked(moves: Sequence[tuple[Step, Side]]) -> list[Stage]:
    """Take every move that may follow, from a draft on; give the stages passed through."""
    return reduce(
        lambda passed, move: [*passed, WAYS[move[0]].ends] if follows(passed[-1], *move) else passed,
        moves,
        [Stage.DRAFT],
    )


@given(MOVES)
def test_nothing_follows_an_end(moves: Sequence[tuple[Step, Side]]) -> None:
    """Whatever anybody tries in whatever order, a stage that ends a referral is the last."""
    passed = _walked(moves)

    assert not ENDED.intersection(passed[:-1])


@given(MOVES)
def test_nobody_sees_more_before_somebody_accepted(moves: Sequence[tuple[Step, Side]]) -> None:
    """An opened stage comes after the referral has arrived, never straight from sender or gateway."""
    passed = _walked(moves)
    first = next((place for place, stage in enumerate(passed) if stage in OPENED), len(passed))

    assert first == len(passed) or passed[first - 1] is Stage.RECEIVED


@given(st.sampled_from(Stage), st.sampled_from(Step), st.sampled_from(Side))
def test_a_step_is_offered_when_it_may_be_taken(stage: Stage, step: Step, side: Side) -> None:
    """What a page offers and what is taken are the same rule."""
    assert (step in steps_of(stage, side)) == follows(stage, step, side)


@pytest.mark.parametrize("stage", sorted(set(Stage) - ENDED))
def test_the_sender_may_revoke_until_the_end(stage: Stage) -> None:
    """Whatever has not ended can be taken back, by nobody but the sender."""
    assert follows(stage, Step.REVOCATION, Side.SENDER)
    assert not follows(stage, Step.REVOCATION, Side.RECEIVER)


def test_every_stage_is_reached_by_one_way_of_each_side() -> None:
    """Each step has a way, and each stage but the first is the end of one."""
    assert set(WAYS) == set(Step)
    assert {way.ends for way in WAYS.values()} == set(Stage) - {Stage.DRAFT}
