"""An adapter with manners: the same `Adapter` to the pipeline, and gentle to the registry behind it.

A question passes, in this order: single flight; the owner's maintenance windows; the quota of its purpose;
the breaker; the adaptive limit; and then it is asked, and asked again only where that harms nobody.
What is not sent is told at once and honestly, so a registry that struggles costs other sources nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.approval import Approver
from adapters.base import Adapter, Question, Repeat, Reply, SourceError, SourceUnavailableError
from contracts.vocabulary import Purpose, Scheme, Source
from gateway.politeness.breaker import Breaker, State
from gateway.politeness.calls import Calls, Count
from gateway.politeness.flights import Flights
from gateway.politeness.limit import MOST, AdaptiveLimit
from gateway.politeness.windows import Window, within
from gateway.storage.engine import now

CONGESTED: Final = frozenset({"timed-out", "overloaded"})
TRIES: Final = 3
PAUSE: Final = 0.05
"""Seconds before the first repetition, about: halved to whole at random, doubled for the next."""

EARNED: Final = 0.1
SAVINGS: Final = 10.0
"""Each answer earns a tenth of a repetition, ten are saved at most: when all fails, repeating stops soon."""


@dataclass(frozen=True, slots=True)
class Manners:
    """What a deployment has agreed with one registry's owner. Quotas are questions a day (UTC)."""

    idempotent: bool = False
    share: bool = True
    at_once: int = MOST
    quotas: Mapping[Purpose, int] = field(default_factory=dict)
    windows: Sequence[Window] = ()


class Polite:
    """One registry's adapter, asked politely. See `adapters.base.Adapter`.

    Besides the adapter's own errors raises `SourceUnavailableError` with `maintenance`, `quota-used-up`,
    `resting` or `overloaded` for a question that was not sent.
    """

    def __init__(
        self,
        adapter: Adapter,
        calls: Calls,
        manners: Manners = Manners(),
        breaker: Breaker | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.source: Source = adapter.source
        self.needs: Sequence[frozenset[Scheme]] = adapter.needs
        self.breaker = breaker or Breaker()
        self.limit = AdaptiveLimit(manners.at_once)
        self._adapter = adapter
        self._calls = calls
        self._manners = manners
        self._clock = clock
        self._flights = Flights(self._joined)
        self._savings = SAVINGS
        self._joined_here = 0
        self._spared_here = 0

    @property
    def maintained(self) -> bool:
        """Say whether the registry's owner maintains it right now."""
        return within(self._manners.windows, self._clock())

    @property
    def approver(self) -> Approver | None:
        """Give who lets this registry ask a person for her own approval, where it does: too rare to limit."""
        return self._adapter if isinstance(self._adapter, Approver) else None

    def standing(self) -> dict[str, object]:
        """Tell how the registry is being treated now; without personal data, for `/v1/sources`."""
        standing: dict[str, object] = {
            "in_flight": self.limit.in_flight,
            "at_most": self.limit.at_most,
            "breaker": self.breaker.state,
            "saved": {"joined": self._joined_here, "spared": self._spared_here},
        }
        if self.maintained:
            standing["state"] = "maintenance"
        elif self.breaker.state is not State.CLOSED:
            standing["state"] = "resting"
        return standing

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        if self._manners.share:
            return await self._flights.ask(question, self._ask)
        return await self._ask(question)

    async def _ask(self, question: Question) -> Reply:
        count = self._calls.of(self.source, question.purpose)
        self._refuse_now(question, count)
        try:
            mark = await self.limit.enter()
        except asyncio.CancelledError:
            self.breaker.given_up()
            raise
        count.asked += 1
        congested = False
        try:
            reply = await self._insist(question, count)
        except SourceUnavailableError as error:
            congested = error.reason in CONGESTED
            self.breaker.failed(error.after)
            raise
        except SourceError:  # whatever it said, it is there
            self.breaker.succeeded()
            raise
        except asyncio.CancelledError:
            congested = asyncio.get_running_loop().time() >= question.deadline
            if congested:
                self.breaker.failed()
            else:
                self.breaker.given_up()
            raise
        except Exception:
            self.breaker.given_up()
            raise
        finally:
            self.limit.leave(mark, congested=congested)
        self.breaker.succeeded()
        self._savings = min(SAVINGS, self._savings + EARNED)
        return reply

    def _refuse_now(self, question: Question, count: Count) -> None:
        """Raise what speaks against sending anything now."""
        quota = self._manners.quotas.get(question.purpose)
        if self.maintained:
            error = SourceUnavailableError(self.source, "maintenance")
        elif quota is not None and self._calls.asked_today(self.source, question.purpose) >= quota:
            error = SourceUnavailableError(self.source, "quota-used-up")
        elif not self.breaker.admit():
            error = SourceUnavailableError(self.source, "resting")
        else:
            return
        count.spared += 1
        self._spared_here += 1
        raise error

    async def _insist(self, question: Question, count: Count) -> Reply:
        """Ask, and repeat the very same message while that is harmless and there is time for it."""
        pause = PAUSE
        for left in reversed(range(TRIES)):
            try:
                return await self._adapter.ask(question)
            except SourceUnavailableError as error:
                # All that failed together must not come back together.
                wait = error.after or pause * random.uniform(0.5, 1.0)  # noqa: S311  no secret
                if not left or not self._may_repeat(error, question.deadline - wait):
                    raise
            self._savings -= 1.0
            await asyncio.sleep(wait)
            pause *= 2
            count.repeated += 1
        raise AssertionError  # the last try returned or raised

    def _may_repeat(self, error: SourceUnavailableError, latest: float) -> bool:
        harmless = error.repeat is Repeat.SAFE or (
            error.repeat is Repeat.IF_IDEMPOTENT and self._manners.idempotent
        )
        return harmless and self._savings >= 1.0 and asyncio.get_running_loop().time() < latest

    def _joined(self, question: Question) -> None:
        self._calls.of(self.source, question.purpose).joined += 1
        self._joined_here += 1
