"""What tests of politeness share: questions, and a registry that does what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.base import Answered, Question, Reply
from contracts.vocabulary import (
    AgencyId,
    ExchangeId,
    Field,
    Identity,
    OfficialId,
    Purpose,
    Scheme,
    Source,
    Subject,
)
from gateway.politeness.calls import COUNTED, Calls
from tests.unit.audit.records import NOW

SOURCE = Source("education")
ASSESSMENT = Purpose("needs-assessment")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANSWER = Answered({Field("education.status"): "studying"}, NOW)


def question_of(
    message_id: str = "message-1",
    *,
    purpose: str = ASSESSMENT,
    number: str = "3311845622",
    agency: str = "case-system",
    field: str = "education.status",
    patience: float = 5.0,
) -> Question:
    """Give a question that differs from another in what is named."""
    return Question(
        exchange_id=ExchangeId("exchange-1"),
        message_id=message_id,
        agency=AgencyId(agency),
        official=OfficialId("worker-17"),
        case=None,
        purpose_id="",
        subject=Subject(Identity({Scheme("rnokpp"): number})),
        fields=frozenset({Field(field)}),
        deadline=asyncio.get_running_loop().time() + patience,
        purpose=Purpose(purpose),
    )


@dataclass
class Registry:
    """A registry that does one thing after the other, the last of them for ever. See `Adapter`."""

    does: Sequence[Callable[[], Awaitable[Reply]]]
    source: Source = SOURCE
    needs: Sequence[frozenset[Scheme]] = ()
    heard: list[str] = field(default_factory=list)

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        self.heard.append(question.message_id)
        return await self.does[min(len(self.heard), len(self.does)) - 1]()


def says(reply: Reply = ANSWER) -> Callable[[], Awaitable[Reply]]:
    """Answer."""

    async def say() -> Reply:
        return reply

    return say


def fails(error: Exception) -> Callable[[], Awaitable[Reply]]:
    """Fail."""

    async def fail() -> Reply:
        raise error

    return fail


def waits(gate: asyncio.Event, reply: Reply = ANSWER) -> Callable[[], Awaitable[Reply]]:
    """Answer once the gate is open."""

    async def wait() -> Reply:
        await gate.wait()
        return reply

    return wait


@dataclass
class Clock:
    """A monotonic clock that a test sets."""

    time: float = 100.0

    def __call__(self) -> float:
        """Read it."""
        return self.time


def counted(calls: Calls) -> dict[str, int]:
    """Give what was counted for the source and purpose of the tests."""
    count = calls.of(SOURCE, ASSESSMENT)
    return {name: getattr(count, name) for name in COUNTED}
