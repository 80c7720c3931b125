"""Many waiters, one commit: entries that arrive while a commit runs make up the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from audit.store import (
    AuditUnavailableError,
    CompanionRefusedError,
    Entry,
    GroundEndedError,
    OutcomeUnknownError,
    Store,
)

LARGEST_BATCH = 512

Outcome = int | GroundEndedError | CompanionRefusedError | AuditUnavailableError


class Writer:
    """The only caller of a store's `write`.

    It never waits for a batch to fill: whatever has gathered during one commit is the next batch.
    A waiter that hangs up changes nothing; its entry is kept all the same.
    """

    def __init__(self, store: Store, most_waiting: int = 4096) -> None:
        self._store = store
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Entry, asyncio.Future[int]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def append(self, entry: Entry) -> int:
        """Give the entry's index once it is durable; every failure raises and gives nothing.

        Raises `AuditUnavailableError`, `GroundEndedError`, `CompanionRefusedError`.
        """
        if self._closed:
            raise AuditUnavailableError("closed")
        if len(self._waiting) >= self._most_waiting:
            raise AuditUnavailableError("queue-full")
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[int] = loop.create_future()
        self._waiting.append((entry, waiter))
        if self._task is None:
            self._task = loop.create_task(self._write_all())
        return await waiter

    async def close(self) -> None:
        """Write what waits, take nothing more, let go of the store."""
        if self._closed:
            return
        self._closed = True
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._store.close()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), LARGEST_BATCH)
                batch = [self._waiting.popleft() for _ in range(count)]
                outcomes = await self._commit([entry for entry, _ in batch])
                for (_, waiter), outcome in zip(batch, outcomes, strict=True):
                    _settle(waiter, outcome)
        finally:
            self._task = None

    async def _commit(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        try:
            return await self._store.write(batch)
        except CompanionRefusedError as refused:
            if len(batch) == 1:
                return [refused]
            half = len(batch) // 2
            return [*await self._commit(batch[:half]), *await self._commit(batch[half:])]
        except OutcomeUnknownError:
            return await self._resolve(batch)
        except AuditUnavailableError as error:
            return [AuditUnavailableError(error.code) for _ in batch]
        except Exception:  # noqa: BLE001  whatever it was, nobody may wait for ever or take it for success
            return [AuditUnavailableError("store-failed") for _ in batch]

    async def _resolve(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        """Tell the kept from the lost after a failed commit; a commit is never simply tried again."""
        try:
            kept = await self._store.find([entry.event.id for entry in batch])
        except AuditUnavailableError:
            kept = {}
        return [kept.get(entry.event.id, AuditUnavailableError("outcome-unknown")) for entry in batch]


def _settle(waiter: asyncio.Future[int], outcome: Outcome) -> None:
    if waiter.done():
        return
    if isinstance(outcome, int):
        waiter.set_result(outcome)
    else:
        waiter.set_exception(outcome)
