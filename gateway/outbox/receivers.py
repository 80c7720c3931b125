"""How gently each receiver is treated, in one worker: a breaker, and room for so many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from contracts.vocabulary import AgencyId
from gateway.outbox.channel import Accepted, GiveUp, Outcome, RetryLater, Unknown, WaitLong
from gateway.politeness.breaker import Breaker, State
from gateway.politeness.limit import AdaptiveLimit

AT_ONCE: Final = 64
"""Messages under way to one receiver from one worker, until it shows that this is too much."""
CONGESTED: Final = frozenset({"timed-out", "http-429", "http-503"})


class Receiver:
    """One receiver. Whoever got a place gives it back with what was heard."""

    def __init__(self, clock: Callable[[], float], at_once: int = AT_ONCE) -> None:
        self.breaker = Breaker(clock)
        self.limit = AdaptiveLimit(at_once)

    def room(self) -> int:
        """Say how many more may be claimed now: while it rests none, after a rest one as a trial.

        Room is given when half of it is free, so that claims stay few and large.
        """
        if self.breaker.state is State.CLOSED:
            free = self.limit.at_most - self.limit.in_flight
            return free if 2 * free >= self.limit.at_most else 0
        return 1 if self.limit.in_flight == 0 and self.breaker.admit() else 0

    def heard(self, outcome: Outcome | None, mark: int | None) -> None:
        """Draw the conclusion from one attempt, None where nothing was sent; `mark` gives its place back."""
        match outcome:
            case None | WaitLong():  # nothing was sent, or nothing is wrong but the time
                self.breaker.given_up()
            case Accepted() | GiveUp():  # whatever it said, it is there
                self.breaker.succeeded()
            case RetryLater(_, after) | Unknown(_, after):
                self.breaker.failed(after)
        if mark is not None:
            congested = isinstance(outcome, RetryLater | Unknown) and outcome.code in CONGESTED
            self.limit.leave(mark, congested=congested)


class Receivers:
    """All receivers that one worker knows. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[AgencyId, Receiver] = {}

    def of(self, agency: AgencyId) -> Receiver:
        """Give one of them."""
        if agency not in self._known:
            self._known[agency] = Receiver(self._clock)
        return self._known[agency]

    def rooms(self, agencies: Iterable[AgencyId]) -> Mapping[AgencyId, int]:
        """Give how many messages each can be sent now; those without room are left out."""
        rooms = {agency: self.of(agency).room() for agency in agencies}
        return {agency: room for agency, room in rooms.items() if room > 0}
