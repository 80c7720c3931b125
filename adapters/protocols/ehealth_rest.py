"""ЕСОЗ-style REST: find the person, then read a summary of them; every answer in the same envelope.

`{meta: {code, type, request_id}, data, paging}`, or `error: {type, message, invalid}` in place of `data`. The
`message` and `invalid` of an error quote what was sent, so they are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from adapters.base import Ambiguous, Question, Reply, SourceMisbehavedError, SubjectUnknownError
from adapters.protocols.finding import beyond_person
from adapters.protocols.reading import Reading, readable
from adapters.protocols.strict_json import read_json
from adapters.protocols.subject import Wording
from adapters.protocols.switches import EHealth
from adapters.protocols.wire import Response, Wire, header_text, refuse_status
from contracts.vocabulary import Scheme, Source


@dataclass(frozen=True, slots=True)
class EHealthRest:
    """The central health database. See `adapters.base.Adapter`.

    Readers get `{"person": …, "facts": {code: …}}`. The summary is addressed by the database's own
    random id; a person's identifiers travel in the body of the search alone.
    """

    source: Source
    manifest: EHealth
    wire: Wire
    wording: Wording
    reading: Reading

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        body = orjson.dumps(self.wording.say(question.subject))
        response = await self._send("POST", self.manifest.search, question, body)
        document = self._envelope(response)
        with readable(self.source):
            found, total = document["data"], int(document["paging"]["total_entries"])
        transaction_id = response.headers.get("x-request-id", "")[:128]
        if not found:
            raise SubjectUnknownError(self.source, "not-found")
        if total > 1:
            people = [{"person": person, "facts": {}} for person in found]
            return Ambiguous(total, transaction_id, likenesses=self.reading.liken(people, question))
        facts = await self._facts(found[0], question) if beyond_person(question) else {}
        return self.reading.answer({"person": found[0], "facts": facts}, question, transaction_id)

    async def _facts(self, person: Any, question: Question) -> dict[str, Any]:
        """Read every page of the summary; the latest fact of each code stands."""
        with readable(self.source):
            path = self.manifest.summary.replace("{id}", quote(str(person["id"]), safe=""))
        facts: dict[str, Any] = {}
        for page in range(1, self.manifest.pages + 1):
            document = self._envelope(await self._send("GET", f"{path}?page={page}&page_size=50", question))
            with readable(self.source):
                for fact in document["data"]:
                    facts[fact["code"]["coding"][0]["code"]] = fact
                if page >= int(document["paging"]["total_pages"]):
                    return facts
        raise SourceMisbehavedError(self.source, "too-large")

    async def _send(self, method: str, path: str, question: Question, content: bytes = b"") -> Response:
        headers = {
            "Content-Type": "application/json",
            "X-Request-ID": question.message_id,
            "X-Official": header_text(question.official),
        }
        return await self.wire.send(
            method, path, deadline=question.deadline, headers=headers, content=content
        )

    def _envelope(self, response: Response) -> Any:
        """Give the document of a good answer; raise what an error's type or status means."""
        if response.status != HTTPStatus.OK:
            with readable(self.source):
                kind = (
                    read_json(response.body)["error"]["type"]
                    if response.status == HTTPStatus.NOT_FOUND
                    else ""
                )
            if kind == "not_found":
                raise SubjectUnknownError(self.source, "not-found")
            refuse_status(self.source, response.status)
        with readable(self.source):
            document = read_json(response.body)
            if document["meta"]["code"] != HTTPStatus.OK:
                raise SourceMisbehavedError(self.source, "unreadable")
            return document
