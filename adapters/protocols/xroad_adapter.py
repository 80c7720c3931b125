"""Adapters over X-Road SOAP: asked at once, and asked by ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.base import Pending, Question, Reply
from adapters.protocols.finding import Finder, Said
from adapters.protocols.polling import poll_until_ready, read_ticket
from adapters.protocols.subject import Wording
from adapters.protocols.switches import Polling
from adapters.protocols.xroad_soap import XRoadSoap
from contracts.vocabulary import Scheme, Source


@dataclass(frozen=True, slots=True)
class Direct:
    """A registry whose one operation answers at once. See `adapters.base.Adapter`."""

    source: Source
    service: XRoadSoap
    operation: str
    wording: Wording
    finder: Finder

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        values = self.wording.say(question.subject)
        said = await self.service.call(self.operation, values, question, question.message_id)
        return self.finder.reply(said, question)


@dataclass(frozen=True, slots=True)
class Polled:
    """A registry that takes a question, gives a ticket, and answers later. See `adapters.base.Adapter`.

    Polls until the answer is there; says `Pending` when the next poll could not return before the
    question's deadline.
    """

    source: Source
    service: XRoadSoap
    operation: str
    wording: Wording
    finder: Finder
    polling: Polling

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        values = self.wording.say(question.subject)
        said = await self.service.call(self.operation, values, question, question.message_id)
        ticket = read_ticket(self.source, self.polling, said)

        async def poll(ticket: str, message_id: str) -> Said:
            asked = {self.polling.ticket.rpartition(".")[2]: ticket}
            return await self.service.call(self.polling.operation, asked, question, message_id)

        answer = await poll_until_ready(self.source, self.polling, ticket, question, poll)
        if answer is None:
            return Pending(said.transaction_id)
        return self.finder.reply(answer, question)
