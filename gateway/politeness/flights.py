"""Single flight: questions that are identical and under way at the same time are asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace

from adapters.base import Question, Reply, SourceError

Outcome = Reply | SourceError | None
"""What came of the question that was asked for all; None where its asker left before the end."""

Ask = Callable[[Question], Awaitable[Reply]]


class Flights:
    """The questions to one registry that are under way, in one process.

    Nothing is kept once the answer is there: this is no cache, and nobody gets what was asked before.
    Each asker keeps its own deadline, its own record and its own release; the message that really went out
    is named in all of them. `joined` hears of each question that was not sent because of another.
    """

    def __init__(self, joined: Callable[[Question], None]) -> None:
        self._under_way: dict[Hashable, tuple[str, asyncio.Future[Outcome]]] = {}
        self._joined = joined

    async def ask(self, question: Question, ask: Ask) -> Reply:
        """Ask, or wait for who is asking the same. Raises what `ask` does."""
        key = key_of(question)
        while (flight := self._under_way.get(key)) is not None:
            message_id, future = flight
            outcome = await asyncio.shield(future)
            if outcome is not None:
                self._joined(question)
                return _shared(outcome, message_id)
        return await self._lead(key, question, ask)

    async def _lead(self, key: Hashable, question: Question, ask: Ask) -> Reply:
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._under_way[key] = (question.message_id, future)
        outcome: Outcome = None
        try:
            outcome = reply = await ask(question)
        except SourceError as error:
            outcome = error
            raise
        else:
            return reply
        finally:
            del self._under_way[key]
            future.set_result(outcome)


def key_of(question: Question) -> Hashable:
    """Give what two questions must have in common to be one: who asks, what for, about whom, which fields."""
    return (question.agency, question.purpose, question.purpose_id, question.subject, question.fields)


def _shared(outcome: Reply | SourceError, message_id: str) -> Reply:
    if isinstance(outcome, SourceError):
        error = type(outcome)(outcome.source, outcome.reason)
        error.message_id = message_id
        raise error
    return replace(outcome, message_id=message_id)
