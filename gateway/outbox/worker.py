"""Makes the attempts: claims what is due, as much as its receivers have room for, and sees each to its end.

Any number of workers run beside each other, in one process or many. One that is told to stop finishes what
is under way; one that is killed leaves leases that run out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.store import AuditUnavailableError, UnwitnessedError
from contracts.vocabulary import AgencyId, ObminError
from gateway.clock import Clock
from gateway.consent.standing import Standing
from gateway.delivery import Delivery
from gateway.faults import StorageUnavailableError
from gateway.outbox.channel import Endpoint, Endpoints
from gateway.outbox.claims import Claims, Leased
from gateway.outbox.message import Priority
from gateway.outbox.receivers import Receivers
from gateway.outbox.tending import Tending
from gateway.outbox.weighing import Weighing
from gateway.politeness.breaker import State

log = structlog.get_logger()

POLL: Final = 0.25
"""Seconds between two looks while there is nothing to do: another process may have submitted something."""
AFTER_TROUBLE: Final = 1.0
GRACE: Final = 5.0
"""Seconds that attempts under way get when the worker is told to stop."""
TEND_EVERY: Final = 5.0


class Worker:
    """One worker. `stir` wakes it at once when this process has submitted something."""

    def __init__(
        self,
        delivery: Delivery,
        claims: Claims,
        weighing: Weighing,
        tending: Tending,
        receivers: Receivers,
        endpoints: Endpoints,
        clock: Clock,
        poll: float = POLL,
    ) -> None:
        self._delivery = delivery
        self._claims = claims
        self._weighing = weighing
        self._tending = tending
        self._receivers = receivers
        self._endpoints = endpoints
        self._clock = clock
        self._poll = poll
        self._tended = 0.0
        self._stirred = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def stir(self) -> None:
        """Look again at once."""
        self._stirred.set()

    async def run(self) -> None:
        """Work until cancelled. A database that is away is waited for."""
        try:
            while True:
                try:
                    await self._tend()
                    found = await self.round()
                except (SQLAlchemyError, ObminError, OSError) as error:
                    log.warning("delivery.worker_failed", code=type(error).__name__)
                    await asyncio.sleep(AFTER_TROUBLE)
                    continue
                if not found:
                    await self._nap()
        finally:
            await self._finish()

    async def round(self) -> int:
        """Claim once and begin the attempts; give how many."""
        endpoints = await self._endpoints.active()
        rooms = self._receivers.rooms(endpoints)
        leased = await self._claims.take(rooms, self._clock.latest())
        self._release_trials(rooms, leased)
        standings = await self._weighing.standings([each.message for each in leased])
        for each in leased:
            await self._begin(each, standings.get(each.message.seq), endpoints[each.message.agency])
        return len(leased)

    async def drained(self) -> None:
        """Wait until no attempt of this worker is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _release_trials(self, rooms: Mapping[AgencyId, int], leased: list[Leased]) -> None:
        """Let a receiver that was to be tried, and that nothing was due for, rest on."""
        busy = {each.message.agency for each in leased}
        for agency in rooms.keys() - busy:
            receiver = self._receivers.of(agency)
            if receiver.breaker.state is State.TRYING and not receiver.limit.in_flight:
                receiver.breaker.given_up()

    async def _begin(self, leased: Leased, standing: Standing | None, endpoint: Endpoint) -> None:
        receiver = self._receivers.of(leased.message.agency)
        # A crisis takes nobody's place: it does not wait for one.
        mark = None if leased.message.priority is Priority.CRISIS else await receiver.limit.enter()
        task = asyncio.create_task(self._carry(leased, standing, endpoint, mark))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._stirred.set()

    async def _carry(
        self, leased: Leased, standing: Standing | None, endpoint: Endpoint, mark: int | None
    ) -> None:
        receiver = self._receivers.of(leased.message.agency)
        outcome = None
        try:
            outcome = await self._delivery.attempt(leased, standing, endpoint)
        except (AuditUnavailableError, StorageUnavailableError, UnwitnessedError) as error:
            log.warning("delivery.interrupted", code=type(error).__name__)
        except Exception as error:  # noqa: BLE001  a message that breaks its attempt must not break others
            log.warning("delivery.broke_down", code=type(error).__name__)
            with suppress(SQLAlchemyError, ObminError):
                await self._delivery.broke_down(leased)
        finally:
            receiver.heard(outcome, mark)

    async def _tend(self) -> None:
        if time.monotonic() - self._tended >= TEND_EVERY:
            await self._tending.round()
            self._tended = time.monotonic()

    async def _nap(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll):
                await self._stirred.wait()
        self._stirred.clear()

    async def _finish(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
