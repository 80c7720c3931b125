"""ЕСОЗ-style REST: find the person, then read a summary of them; every answer in the same envelope.

`{meta: {code, type, request_id}, data, paging}`, or `error: {type, message, invalid}` in place of `data`. The
`message` and `invalid` of an error quote what was sent, so they are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import orjson

from adapters.approval import Errand
from adapters.base import Ambiguous, Question, Reply, SourceMisbehavedError, SubjectUnknownError
from adapters.protocols.finding import beyond_person
from adapters.protocols.reading import Reading, readable, required_text
from adapters.protocols.strict_json import read_json
from adapters.protocols.subject import Wording
from adapters.protocols.switches import EHealth
from adapters.protocols.wire import Response, Wire, header_text, refuse_status
from contracts.vocabulary import Scheme, Source

OK: Final = frozenset({HTTPStatus.OK})


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
        found, total, transaction_id = await self._search(question)
        if total > 1:
            people = [{"person": person, "facts": {}} for person in found]
            return Ambiguous(total, transaction_id, likenesses=self.reading.liken(people, question))
        facts = await self._facts(found[0], question) if beyond_person(question) else {}
        return self.reading.answer({"person": found[0], "facts": facts}, question, transaction_id)

    async def patient(self, question: Question) -> str:
        """Give the database's own id of the one person asked about.

        Raises `SubjectUnknownError` also where several fit: none of them may be taken for her.
        """
        found, total, _ = await self._search(question)
        if total > 1:
            raise SubjectUnknownError(self.source, "not-found")
        self.reading.answer({"person": found[0], "facts": {}}, question)
        with readable(self.source):
            return required_text(found[0]["id"])

    async def _search(self, question: Question) -> tuple[Any, int, str]:
        """Give those who are found, at least one, how many they are in all, and the transaction's id."""
        body = orjson.dumps(self.wording.say(question.subject))
        response = await self.send("POST", self.manifest.search, question, body)
        document = self.envelope(response)
        with readable(self.source):
            found, total = document["data"], int(document["paging"]["total_entries"])
        if not found:
            raise SubjectUnknownError(self.source, "not-found")
        return found, total, response.headers.get("x-request-id", "")[:128]

    async def _facts(self, person: Any, question: Question) -> dict[str, Any]:
        """Read every page of the summary; the latest fact of each code stands."""
        with readable(self.source):
            path = self.manifest.summary.replace("{id}", quote(str(person["id"]), safe=""))
        facts: dict[str, Any] = {}
        for page in range(1, self.manifest.pages + 1):
            document = self.envelope(await self.send("GET", f"{path}?page={page}&page_size=50", question))
            with readable(self.source):
                for fact in document["data"]:
                    facts[fact["code"]["coding"][0]["code"]] = fact
                if page >= int(document["paging"]["total_pages"]):
                    return facts
        raise SourceMisbehavedError(self.source, "too-large")

    async def send(
        self, method: str, path: str, question: Question | Errand, content: bytes = b""
    ) -> Response:
        """Send one request in the name of the official who asks."""
        headers = {
            "Content-Type": "application/json",
            "X-Request-ID": question.message_id,
            "X-Official": header_text(question.official),
        }
        return await self.wire.send(
            method, path, deadline=question.deadline, headers=headers, content=content
        )

    def envelope(self, response: Response, good: AbstractSet[int] = OK) -> Any:
        """Give the document of a good answer; raise what an error's type or status means."""
        if response.status not in good:
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
            if document["meta"]["code"] not in good:
                raise SourceMisbehavedError(self.source, "unreadable")
            return document
