"""Trembita 2.x REST: `/restapi`, identifiers of both sides and the declared purpose in `Uxp-*` headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.base import Question, SourceRefusedError
from adapters.protocols.connection import Connection
from adapters.protocols.switches import Trembita
from adapters.protocols.wire import Response, header_text
from adapters.protocols.xroad_faults import refuse_fault
from contracts.vocabulary import Source

BUS_ERRORS: Final = ("x-road-error", "uxp-error")
"""The only sign that the bus and not the provider speaks: statuses are shared by both."""


@dataclass(frozen=True, slots=True)
class TrembitaRest:
    """See `adapters.protocols.rest.Dialect`.

    For the monitoring of access to personal data the person's identifier goes into `Uxp-Subject-Id` too;
    never into the URL, though the official demo clients put it there.
    """

    source: Source
    manifest: Trembita
    connection: Connection

    def path(self, path: str, service: str) -> str:
        """See `Dialect.path`: the service stands in a header."""
        del service
        return path

    def headers(
        self, question: Question, values: Mapping[str, str], service: str, message_id: str
    ) -> Mapping[str, str]:
        """See `Dialect.headers`. Refuses with `purpose-missing` where the service is monitored."""
        if self.manifest.monitored and not question.purpose_id:
            raise SourceRefusedError(self.source, "purpose-missing")
        names = self.manifest.headers
        said = {
            names.query_id: message_id,
            names.user_id: question.official,
            names.subject_id: next(iter(values.values())),
            names.purpose_ids: question.purpose_id,
            names.issue: question.case or "",
        }
        return {
            "Uxp-Client": self.connection.member,
            "Uxp-Service": f"{self.connection.instance}/{service or self.manifest.service}",
            **{name: header_text(value) for name, value in said.items() if name and value},
        }

    def parameters(self, question: Question, message_id: str) -> Mapping[str, str]:
        """See `Dialect.parameters`."""
        return {"queryId": message_id, "userId": question.official} if self.manifest.in_query else {}

    def refuse(self, response: Response) -> None:
        """See `Dialect.refuse`."""
        for name in BUS_ERRORS:
            if name in response.headers:
                refuse_fault(self.source, response.headers[name])

    def transaction_id(self, response: Response) -> str:
        """See `Dialect.transaction_id`."""
        return response.headers.get("uxp-transaction-id", "")[:128]
