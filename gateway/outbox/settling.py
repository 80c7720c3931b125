"""How a message ends: one transaction with its entry, its lane's next, and what observers write beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from audit.event import Event, Json
from audit.log import Log
from audit.store import AuditUnavailableError, CompanionRefusedError, Statement
from gateway.clock import Clock
from gateway.outbox.claims import Leased
from gateway.outbox.entries import entry
from gateway.outbox.message import Message, State
from gateway.outbox.rows import OutboxRows

log = structlog.get_logger()

INSIST = timedelta(seconds=30)
"""How long an end that cannot be written is tried again: no longer than the lease stands."""
PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a message ended. `reference` is the receiver's own name for it, where it gave one."""

    message: Message
    state: State
    code: str
    at: datetime
    reference: str = ""


class Observer(Protocol):
    """Whoever wants to know what became of messages of a type."""

    async def settled(self, settlement: Settlement) -> Sequence[Statement]:
        """Give what is to be written in the very transaction that ends the message.

        What the database refuses of it is left out, and said in the log: the end itself stands.
        """


class Settling:
    """Ends messages. Observers are found by the beginning of a message's type, all that fit."""

    def __init__(self, record: Log, rows: OutboxRows, clock: Clock) -> None:
        self._log = record
        self._rows = rows
        self._clock = clock
        self._observers: list[tuple[str, Observer]] = []

    def observe(self, prefix: str, observer: Observer) -> None:
        """Tell an observer of every message whose type begins so."""
        self._observers.append((prefix, observer))

    async def end(
        self,
        leased: Leased,
        state: State,
        code: str = "",
        reference: str = "",
        companions: Sequence[Statement] = (),
    ) -> bool:
        """End a message that we hold the lease of; say whether it was ours to end.

        A database that is away is waited for as long as the lease stands. After that the message falls
        due again, and arrives a second time under the same id.
        """
        settlement = Settlement(leased.message, state, code, self._clock.latest(), reference)
        event = _event(settlement)
        keep = state is not State.DELIVERED
        rows = [
            *self._rows.settle(leased.message, leased.holder, state, code, settlement.at, keep=keep),
            *companions,
        ]
        beside = await self._beside(settlement)
        deadline = asyncio.get_running_loop().time() + INSIST.total_seconds()
        while True:
            try:
                return await self._write(event, rows, beside)
            except AuditUnavailableError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(PAUSE)

    async def acknowledge(self, message: Message, reference: str = "") -> bool:
        """End a message that its receiver says it has; say whether it was still to be ended."""
        settlement = Settlement(message, State.DELIVERED, "", self._clock.latest(), reference)
        rows = self._rows.acknowledge(message, settlement.at)
        return await self._write(_event(settlement), rows, await self._beside(settlement))

    async def close(
        self, message: Message, state: State, code: str, by: str = "", official: str = ""
    ) -> bool:
        """End a message that nobody delivers right now; say whether it could be ended."""
        settlement = Settlement(message, state, code, self._clock.latest())
        details = {"by": by, "official": official}
        event = _event(settlement, {name: value for name, value in details.items() if value})
        rows = self._rows.close(message, state, code, settlement.at)
        return await self._write(event, rows, await self._beside(settlement))

    async def _write(self, event: Event, rows: Sequence[Statement], beside: Sequence[Statement]) -> bool:
        if beside:
            with suppress(CompanionRefusedError):
                await self._log.note(event, [*rows, *beside])
                return True
        try:
            await self._log.note(event, rows)
        except CompanionRefusedError:
            return False  # the lease was another's, or it had ended before
        if beside:
            log.warning("delivery.observer_refused", kind=event.details["type"])
        return True

    async def _beside(self, settlement: Settlement) -> list[Statement]:
        kind = settlement.message.type
        watching = [observer for prefix, observer in self._observers if kind.startswith(prefix)]
        return [each for observer in watching for each in await observer.settled(settlement)]


def _event(settlement: Settlement, details: Mapping[str, Json] | None = None) -> Event:
    message = settlement.message
    told: dict[str, Json] = {"attempts": message.attempts, **(details or {})}
    return entry(message, settlement.state.value, settlement.at, settlement.code, told)
