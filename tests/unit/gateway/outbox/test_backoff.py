"""When an attempt is made again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.outbox.backoff import LONGEST, LONGEST_ASKED, pause

ATTEMPTS = st.integers(min_value=0, max_value=10_000)


@given(attempts=ATTEMPTS, long=st.booleans())
def test_a_pause_grows_and_is_bounded(attempts: int, *, long: bool) -> None:
    """However often it failed, the next attempt is after a moment and within the hour."""
    assert timedelta(seconds=1) < pause(attempts, long=long) <= LONGEST


@given(attempts=ATTEMPTS, after=st.floats(min_value=0, max_value=1e9))
def test_what_a_receiver_asks_for_is_given_within_reason(attempts: int, after: float) -> None:
    """It is never less than asked, and never for ever."""
    waited = pause(attempts, after)

    assert waited >= min(timedelta(seconds=after), LONGEST_ASKED)
    assert waited <= max(LONGEST, LONGEST_ASKED * 1.1)
