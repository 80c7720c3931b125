"""Adapters over X-Road SOAP: asked at once, and asked by ticket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from adapters.base import Ambiguous, Pending, Question, Reply, SourceMisbehavedError, SubjectUnknownError
from adapters.manifest import Polling
from adapters.protocols.markup import as_list
from adapters.protocols.reading import Reading, readable
from adapters.protocols.subject import Wording
from adapters.protocols.xroad_soap import Said, XRoadSoap
from contracts.vocabulary import Scheme, Source

SPARE: Final = 0.1
"""Seconds before the deadline at which a ticket that is not ready is told as pending."""


@dataclass(frozen=True, slots=True)
class Direct:
    """A registry whose one operation answers at once. See `adapters.base.Adapter`."""

    source: Source
    service: XRoadSoap
    operation: str
    record: str
    wording: Wording
    reading: Reading

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        values = self.wording.say(question.subject)
        said = await self.service.call(self.operation, values, question, question.message_id)
        return one_of(said, self.record, self.reading, question)


@dataclass(frozen=True, slots=True)
class Polled:
    """A registry that takes a question, gives a ticket, and answers later. See `adapters.base.Adapter`.

    Polls until the answer is there; says `Pending` when the next poll could not return before the
    question's deadline.
    """

    source: Source
    service: XRoadSoap
    operation: str
    record: str
    wording: Wording
    reading: Reading
    polling: Polling

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        values = self.wording.say(question.subject)
        said = await self.service.call(self.operation, values, question, question.message_id)
        with readable(self.source):
            ticket = {self.polling.ticket: str(said.answer[self.polling.ticket])}
        pause = self.polling.first_ms / 1000
        # They have the question: that a poll is slow takes nothing back of it, and is told in time.
        with suppress(TimeoutError):
            async with asyncio.timeout_at(question.deadline - SPARE):
                for poll in range(1, 10_000):
                    await asyncio.sleep(pause)
                    pause = self.polling.interval_ms / 1000
                    message_id = str(uuid.uuid5(uuid.UUID(question.message_id), f"poll-{poll}"))
                    said = await self.service.call(self.polling.operation, ticket, question, message_id)
                    if self._ready(said):
                        return one_of(said, self.record, self.reading, question)
        return Pending(said.transaction_id)

    def _ready(self, said: Said) -> bool:
        with readable(self.source):
            state = said.answer[self.polling.state]
        if state == self.polling.ready:
            return True
        if state in self.polling.waiting:
            return False
        raise SourceMisbehavedError(self.source, "unreadable")


def one_of(said: Said, record: str, reading: Reading, question: Question) -> Reply:
    """Give the reply that a list of matching people means: none, one, or too many to tell anything of."""
    with readable(reading.source):
        found = as_list(said.answer.get(record))
    if not found:
        raise SubjectUnknownError(reading.source, "not-found")
    if len(found) > 1:
        return Ambiguous(len(found), said.transaction_id)
    return reading.answer(found[0], question, said.transaction_id)
