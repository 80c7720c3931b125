"""A circuit breaker: whoever fails again and again is left alone for a while, then tried with one."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

PATIENCE: Final = 10
"""Failures in a row until the breaker opens: fewer would open it for a registry that only stumbles."""

FIRST_REST: Final = 1.0
LONGEST_REST: Final = 60.0
"""Seconds of rest: the first time, and at most. Each failed trial doubles them."""


class State(StrEnum):
    """How things stand: asked as usual, left alone, or being tried with one question."""

    CLOSED = "closed"
    RESTING = "resting"
    TRYING = "trying"


class Breaker:
    """Stands before one peer, in one process; registries and recipients of pushes have the same.

    Whoever was admitted must say how it went, by one of the three last methods. `clock` is monotonic, in
    seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, patience: int = PATIENCE) -> None:
        self._clock = clock
        self._patience = patience
        self._failures = 0
        self._rest = FIRST_REST
        self._until = 0.0
        self._trying = False

    @property
    def state(self) -> State:
        """Say how things stand now."""
        if not self._until:
            return State.CLOSED
        return State.TRYING if self._trying else State.RESTING

    def admit(self) -> bool:
        """Say whether one more question may go out: while resting none, after that one at a time."""
        if not self._until:
            return True
        if self._trying or self._clock() < self._until:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """Note that the peer answered, whatever it said: it is there."""
        self._failures = 0
        self._rest = FIRST_REST
        self._until = 0.0
        self._trying = False

    def failed(self, after: float = 0.0) -> None:
        """Note that the peer did not answer. `after` is how long it asked to be left alone (seconds)."""
        self._failures += 1
        if after or self._trying or self._failures >= self._patience:
            if self._trying or not self._until:  # questions that were under way do not prolong it
                self._until = self._clock() + max(after, self._rest)
                self._rest = min(2 * self._rest, LONGEST_REST)
            self._trying = False

    def given_up(self) -> None:
        """Note that the asker left before anything could be told: the next one may try."""
        self._trying = False
