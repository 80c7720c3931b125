"""The circuit breaker: open after failures in a row, tried with one question, closed by an answer."""

from __future__ import annotations

from gateway.politeness.breaker import Breaker, State
from tests.unit.politeness.questions import Clock


def opened(clock: Clock) -> Breaker:
    """Give a breaker that three failures have just opened."""
    breaker = Breaker(clock, patience=3)
    for _ in range(3):
        breaker.failed()
    return breaker


def test_failures_in_a_row_open_it() -> None:
    """The third failure of three ends admission; two with an answer between do not."""
    stumbling = Breaker(patience=3)
    stumbling.failed()
    stumbling.failed()
    stumbling.succeeded()
    stumbling.failed()

    assert stumbling.admit()
    assert not opened(Clock()).admit()


def test_after_its_rest_one_question_tries() -> None:
    """One at a time goes out; its answer closes the breaker for all."""
    clock = Clock()
    breaker = opened(clock)
    clock.time += 1.0
    first, second = breaker.admit(), breaker.admit()
    breaker.succeeded()

    assert (first, second) == (True, False)
    assert breaker.state is State.CLOSED
    assert breaker.admit()


def test_a_failed_trial_doubles_the_rest() -> None:
    """After one second's rest and a failed trial it rests two."""
    clock = Clock()
    breaker = opened(clock)
    clock.time += 1.0
    breaker.admit()
    breaker.failed()
    clock.time += 1.9
    before = breaker.admit()
    clock.time += 0.1

    assert not before
    assert breaker.admit()


def test_a_peer_that_names_its_rest_gets_it() -> None:
    """A single failure that says when to come back opens it for as long."""
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(after=30.0)
    clock.time += 29.0
    before = breaker.admit()
    clock.time += 1.0

    assert not before
    assert breaker.admit()


def test_a_trial_that_was_given_up_lets_another_try() -> None:
    """An asker that hung up does not leave the peer resting for ever."""
    clock = Clock()
    breaker = opened(clock)
    clock.time += 1.0
    breaker.admit()
    breaker.given_up()

    assert breaker.admit()


def test_questions_that_were_under_way_do_not_prolong_the_rest() -> None:
    """Failures that come in after it opened change nothing of when it is tried."""
    clock = Clock()
    breaker = opened(clock)
    clock.time += 0.9
    breaker.failed()
    clock.time += 0.1

    assert breaker.admit()
