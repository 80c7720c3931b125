"""Plain REST off the bus: one POST, one JSON object, a key in a header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson

from adapters.base import Question, Reply, SubjectUnknownError
from adapters.manifest import Rest
from adapters.protocols.reading import Reading, readable
from adapters.protocols.strict_json import read_json
from adapters.protocols.subject import Wording
from adapters.protocols.wire import Wire, header_text, refuse_status
from contracts.vocabulary import Scheme, Source


@dataclass(frozen=True, slots=True)
class PlainRest:
    """A registry that answers one POST with one object. See `adapters.base.Adapter`."""

    source: Source
    manifest: Rest
    wire: Wire
    wording: Wording
    reading: Reading

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`. A 404 says `not-found` only in the registry's own words (`error`)."""
        response = await self.wire.send(
            "POST",
            self.manifest.path,
            deadline=question.deadline,
            headers={
                "Content-Type": "application/json",
                "X-Request-Id": question.message_id,
                "X-Official": header_text(question.official),
            },
            content=orjson.dumps(self.wording.say(question.subject)),
        )
        if response.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            refuse_status(self.source, response.status)
        with readable(self.source):
            document = read_json(response.body)
            unknown = response.status == HTTPStatus.NOT_FOUND and document["error"] == "not_found"
        if unknown:
            raise SubjectUnknownError(self.source, "not-found")
        if response.status == HTTPStatus.NOT_FOUND:
            refuse_status(self.source, HTTPStatus.NOT_FOUND)
        return self.reading.answer(document, question)
