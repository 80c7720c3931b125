"""Trembita 2.x REST: `/restapi`, identifiers of both sides and the declared purpose in `Uxp-*` headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson

from adapters.base import Ambiguous, Question, Reply, SourceRefusedError, SubjectUnknownError
from adapters.manifest import Trembita
from adapters.protocols.connection import Connection
from adapters.protocols.reading import Reading, readable
from adapters.protocols.strict_json import read_json
from adapters.protocols.subject import Wording
from adapters.protocols.wire import Response, Wire, header_text, refuse_status
from adapters.protocols.xroad_faults import refuse_fault
from contracts.vocabulary import Scheme, Source

BUS_ERRORS: Final = ("x-road-error", "uxp-error")
"""The only sign that the bus and not the provider speaks: statuses are shared by both."""


@dataclass(frozen=True, slots=True)
class TrembitaRest:
    """A registry behind `/restapi`. See `adapters.base.Adapter`.

    The person's identifier goes into the body and, for the monitoring of access to personal data, into
    `Uxp-Subject-Id`; never into the URL, though the official demo clients put it there.
    """

    source: Source
    manifest: Trembita
    connection: Connection
    wire: Wire
    wording: Wording
    reading: Reading

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """See `Adapter.needs`."""
        return self.wording.needs

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`. Refuses with `purpose-missing` before sending where the service is monitored."""
        if self.manifest.monitored and not question.purpose_id:
            raise SourceRefusedError(self.source, "purpose-missing")
        values = self.wording.say(question.subject)
        response = await self.wire.send(
            "POST",
            self.manifest.path,
            deadline=question.deadline,
            headers=self._headers(question, next(iter(values.values()))),
            content=orjson.dumps(values),
        )
        found = self._found(response)
        if not found:
            raise SubjectUnknownError(self.source, "not-found")
        transaction_id = response.headers.get("uxp-transaction-id", "")[:128]
        if len(found) > 1:
            return Ambiguous(len(found), transaction_id)
        return self.reading.answer(found[0], question, transaction_id)

    def _headers(self, question: Question, identifier: str) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Uxp-Client": self.connection.member,
            "Uxp-Service": f"{self.connection.instance}/{self.manifest.service}",
            "Uxp-QueryID": question.message_id,
            "Uxp-UserId": header_text(question.official),
            "Uxp-Subject-Id": header_text(identifier),
        }
        if question.purpose_id:
            headers["Uxp-Purpose-Ids"] = header_text(question.purpose_id)
        if question.case:
            headers["Uxp-Issue"] = header_text(question.case)
        return headers

    def _found(self, response: Response) -> list[Any]:
        """Give the people found: one object, a list of them, or 404 and an empty list for nobody."""
        for name in BUS_ERRORS:
            if name in response.headers:
                refuse_fault(self.source, response.headers[name])
        if response.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            refuse_status(self.source, response.status)
        with readable(self.source):
            document = read_json(response.body)
            if response.status == HTTPStatus.NOT_FOUND:
                # Only the provider's own shape is an answer; any other 404 is a wrong address.
                return (
                    [] if document.keys() == {"detail"} else refuse_status(self.source, HTTPStatus.NOT_FOUND)
                )
            return document if isinstance(document, list) else [document]
