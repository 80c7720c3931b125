"""Attempts kept by the browser: sealed, for ten minutes, for us alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.signin.attempts import LASTS, Attempts
from gateway.signin.provider import Attempt, SignInRefusedError
from gateway.signin.sessions import Level

OURS = Attempts(bytes(32))


def test_what_was_sealed_is_read_back() -> None:
    """The attempt that comes back is the one that went out, and shows nothing of itself on the way."""
    attempt = Attempt.begin("/cabinet/personal/", Level.HIGH, 300)
    sealed = OURS.seal(attempt)

    assert OURS.open(sealed) == attempt
    assert attempt.verifier not in sealed


def test_an_old_one_is_over() -> None:
    """After ten minutes nobody can go on with it."""
    attempt = Attempt.begin("/", Level.LOW, None)
    old = replace(attempt, began_at=attempt.began_at - LASTS.total_seconds() - 1)

    with pytest.raises(SignInRefusedError, match="attempt-expired"):
        OURS.open(OURS.seal(old))


@given(st.text(max_size=300))
def test_what_is_not_ours_opens_nothing(text: str) -> None:
    """Any text at all, an altered seal and another deployment's are refused alike."""
    with pytest.raises(SignInRefusedError, match="attempt-unknown"):
        OURS.open(text)


@given(st.integers(0, 200))
def test_an_altered_seal_opens_nothing(place: int) -> None:
    """Whichever character is changed."""
    sealed = OURS.seal(Attempt.begin("/", Level.LOW, None))
    at = place % (len(sealed) - 4)
    altered = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]

    with pytest.raises(SignInRefusedError, match="attempt-unknown"):
        OURS.open(altered)


def test_another_deployments_seal_opens_nothing() -> None:
    """A key of its own for each."""
    sealed = Attempts(bytes(31) + b"\x01").seal(Attempt.begin("/", Level.LOW, None))

    with pytest.raises(SignInRefusedError, match="attempt-unknown"):
        OURS.open(sealed)
