"""The clock on which rights depend: whoever moves it gains nothing, and it is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import Clock

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = 3600.0


@dataclass
class Machine:
    """A machine whose two clocks a test sets."""

    wall: float = NOON.timestamp()
    steady: float = 100.0

    def clock(self) -> Clock:
        """Give the clock that reads them."""
        return Clock(lambda: self.wall, lambda: self.steady)

    def pass_time(self, seconds: float) -> None:
        """Let both run."""
        self.wall += seconds
        self.steady += seconds


def test_clocks_that_agree_are_one_instant() -> None:
    """While nobody moves anything, both readings are the wall's."""
    machine = Machine()
    clock = machine.clock()
    machine.pass_time(90 * 60)

    assert clock.readings() == (NOON + timedelta(minutes=90), NOON + timedelta(minutes=90))
    assert not clock.has_moved()


@pytest.mark.parametrize("moved", [HOUR, -HOUR])
def test_a_moved_clock_gives_both_readings(moved: float) -> None:
    """The earlier and the later one, whichever way it went, so that a right must stand at both."""
    machine = Machine()
    clock = machine.clock()
    machine.pass_time(600)
    machine.wall += moved
    right, wrong = NOON + timedelta(minutes=10), NOON + timedelta(minutes=10, seconds=moved)

    assert clock.readings() == (min(right, wrong), max(right, wrong))


def test_a_moved_clock_is_told_once() -> None:
    """The alarm does not sound for every query; it sounds again if the clock is moved again."""
    machine = Machine()
    clock = machine.clock()
    machine.wall += HOUR
    first = [clock.has_moved(), clock.has_moved()]
    machine.wall -= HOUR
    back = clock.has_moved()
    machine.wall -= HOUR

    assert first == [True, False]
    assert not back
    assert clock.has_moved()


def test_what_a_time_service_corrects_is_no_move() -> None:
    """A few seconds, slewed or stepped, are nobody's gain."""
    machine = Machine()
    clock = machine.clock()
    machine.wall -= 20

    assert clock.readings() == (NOON - timedelta(seconds=20), NOON - timedelta(seconds=20))
