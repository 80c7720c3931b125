"""One REST operation, whoever carries it: a question placed into a request, the answer read, a ticket polled.

What differs between plain REST, X-Road's REST and Trembita's is a `Dialect`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import quote, urlencode

import orjson

from adapters.base import Pending, Question, Reply, SourceRefusedError, SubjectUnknownError
from adapters.protocols.finding import Finder, Said, says_nobody
from adapters.protocols.polling import poll_until_ready, read_ticket
from adapters.protocols.reading import readable
from adapters.protocols.strict_json import read_json
from adapters.protocols.subject import Wording
from adapters.protocols.switches import Place, Polling, Request
from adapters.protocols.wire import Response, Wire, header_text, refuse_status
from contracts.vocabulary import Scheme, Source

SLOT: Final = re.compile(r"\{(\w+)\}")


class Dialect(Protocol):
    """What one way of carrying REST adds: who asks whom, and how the carrier itself fails."""

    def path(self, path: str, service: str) -> str:
        """Give the path on the wire of a service's own path; `service` is empty for the manifest's own."""

    def headers(
        self, question: Question, values: Mapping[str, str], service: str, message_id: str
    ) -> Mapping[str, str]:
        """Give the header fields of one call. Raises `SourceRefusedError` where it must not be made."""

    def parameters(self, question: Question, message_id: str) -> Mapping[str, str]:
        """Give query parameters that the carrier wants besides the question's own."""

    def refuse(self, response: Response) -> None:
        """Raise what the carrier itself says in place of the provider; return where it says nothing."""

    def transaction_id(self, response: Response) -> str:
        """Give the carrier's own key for disputes, empty where none came."""


@dataclass(frozen=True, slots=True)
class RestRegistry:
    """A registry with one REST operation. See `adapters.base.Adapter`.

    A person's identifier goes where the manifest places it, into the body where it says nothing.
    """

    source: Source
    manifest: Request
    dialect: Dialect
    wire: Wire
    wording: Wording
    finder: Finder

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`. What the dialect refuses (`purpose-missing`) is refused before sending."""
        values = self.wording.say(question.subject)
        said = await self._call(question, self.manifest.path, values, "", question.message_id)
        polling = self.manifest.polling
        if polling is None:
            return self.finder.reply(said, question)
        return await self._poll(polling, said, question, values)

    async def _poll(
        self, polling: Polling, submitted: Said, question: Question, values: Mapping[str, str]
    ) -> Reply:
        async def poll(ticket: str, message_id: str) -> Said:
            asked = {polling.ticket.rpartition(".")[2]: ticket}
            return await self._call(question, polling.operation, asked, polling.service, message_id, values)

        ticket = read_ticket(self.source, polling, submitted)
        answer = await poll_until_ready(self.source, polling, ticket, question, poll)
        return Pending(submitted.transaction_id) if answer is None else self.finder.reply(answer, question)

    async def _call(
        self,
        question: Question,
        path: str,
        values: Mapping[str, str],
        service: str,
        message_id: str,
        about: Mapping[str, str] | None = None,
    ) -> Said:
        """Ask once. `about` names the person to the carrier where `values` (a ticket) do not."""
        placed = place(values, self.manifest.place)
        parameters = {
            **self.manifest.parameters,
            **placed["query"],
            **self.dialect.parameters(question, message_id),
        }
        target = self.dialect.path(self._filled(path, placed["path"]), service)
        response = await self.wire.send(
            self.manifest.method,
            f"{target}?{urlencode(parameters)}" if parameters else target,
            deadline=question.deadline,
            headers={
                **({"Content-Type": "application/json"} if self.manifest.method == "POST" else {}),
                **self.dialect.headers(question, about or values, service, message_id),
                **{name: header_text(value) for name, value in placed["header"].items()},
            },
            content=orjson.dumps(placed["body"]) if self.manifest.method == "POST" else b"",
        )
        return self._said(response)

    def _filled(self, path: str, values: Mapping[str, str]) -> str:
        """Fill `{element}` in a path. With one left empty the address would be that of everybody."""
        if not set(SLOT.findall(path)) <= values.keys():
            raise SourceRefusedError(self.source, "identifier-missing")
        return SLOT.sub(lambda slot: quote(values[slot[1]], safe=""), path)

    def _said(self, response: Response) -> Said:
        self.dialect.refuse(response)
        nobody = self.manifest.nobody
        if response.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED, nobody.status}:
            refuse_status(self.source, response.status)
        with readable(self.source):
            document = read_json(response.body)
            unknown = isinstance(document, dict) and says_nobody(nobody, response.status, document)
        if unknown:
            raise SubjectUnknownError(self.source, "not-found")
        if response.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            # Only the provider's own words are an answer; any other 404 is a wrong address.
            refuse_status(self.source, response.status)
        return Said(document, self.dialect.transaction_id(response))


def place(values: Mapping[str, str], places: Mapping[str, Place]) -> Mapping[Place, dict[str, str]]:
    """Sort the elements of a question by where they stand in the request."""
    placed: dict[Place, dict[str, str]] = {"body": {}, "query": {}, "path": {}, "header": {}}
    for element, value in values.items():
        placed[places.get(element, "body")][element] = value
    return placed
