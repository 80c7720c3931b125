"""Exchanges that somebody watches from a page: what each source has done so far, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

from contracts.vocabulary import ExchangeId, Source
from gateway.collection import Finding

MOST = 1000
"""How many exchanges are remembered; the oldest is forgotten first, and is then simply fetched when done."""


@dataclass(slots=True)
class _Watched:
    expected: frozenset[Source] = frozenset()
    findings: list[Finding] = field(default_factory=list)
    done: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Watching:
    """Keeps the findings of running exchanges for those who look on, and no value of a person."""

    def __init__(self) -> None:
        self._watched: dict[ExchangeId, _Watched] = {}

    def begin(self, exchange_id: ExchangeId, expected: Iterable[Source]) -> None:
        """Remember an exchange from its start on; `expected` are the sources that will be heard."""
        while len(self._watched) >= MOST:
            self._watched.pop(next(iter(self._watched)))
        self._watched[exchange_id] = _Watched(frozenset(expected))

    def expected(self, exchange_id: ExchangeId) -> frozenset[Source]:
        """Name the sources that will be heard; nobody of an exchange that runs in another process."""
        watched = self._watched.get(exchange_id)
        return watched.expected if watched else frozenset()

    async def hear(self, exchange_id: ExchangeId, finding: Finding) -> None:
        """Take note of one source's finding, what it said of the person left out."""
        if watched := self._watched.get(exchange_id):
            watched.findings.append(
                Finding(finding.source, finding.status, finding.reason, took_ms=finding.took_ms)
            )
            self._tell(watched)

    def end(self, exchange_id: ExchangeId) -> None:
        """Say that it has ended, one way or another."""
        if watched := self._watched.get(exchange_id):
            watched.done = True
            self._tell(watched)

    def so_far(self, exchange_id: ExchangeId) -> Sequence[Finding]:
        """Give what has been heard; nothing of an exchange that runs in another process."""
        watched = self._watched.get(exchange_id)
        return tuple(watched.findings) if watched else ()

    async def follow(self, exchange_id: ExchangeId) -> AsyncIterator[Finding]:
        """Give every finding, those from before first, until the exchange ends; none of an unknown one."""
        watched, told = self._watched.get(exchange_id), 0
        while watched is not None:
            news = watched.news
            while told < len(watched.findings):
                told += 1
                yield watched.findings[told - 1]
            if watched.done:
                return
            await news.wait()

    def _tell(self, watched: _Watched) -> None:
        watched.news.set()
        watched.news = asyncio.Event()
