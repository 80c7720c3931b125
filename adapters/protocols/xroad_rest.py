"""X-Road message protocol for REST, r1: the service in the path, the asker in `X-Road-*` headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from adapters.base import Question
from adapters.protocols.connection import Connection
from adapters.protocols.switches import XRoadRest
from adapters.protocols.wire import Response, header_text
from adapters.protocols.xroad_faults import refuse_fault
from contracts.vocabulary import Source

ERROR: Final = "x-road-error"
"""Present exactly where the bus and not the provider speaks (§4.6): no status tells."""


@dataclass(frozen=True, slots=True)
class XRoadR1:
    """See `adapters.protocols.rest.Dialect`."""

    source: Source
    manifest: XRoadRest
    connection: Connection

    def path(self, path: str, service: str) -> str:
        """See `Dialect.path`. Each identifier is percent-encoded by itself (pr-rest §4.1)."""
        called = f"{self.connection.instance}/{service or self.manifest.service}"
        return "/r1/" + "/".join(quote(part, safe="") for part in called.split("/")) + path

    def headers(
        self, question: Question, values: Mapping[str, str], service: str, message_id: str
    ) -> Mapping[str, str]:
        """See `Dialect.headers`."""
        del values, service
        said = {
            "X-Road-Client": "/".join(quote(part, safe="") for part in self.connection.member.split("/")),
            "X-Road-Id": message_id,
            "X-Road-UserId": header_text(question.official),
            "X-Road-Issue": header_text(question.case or ""),
            "X-Road-Represented-Party": self.connection.represented_party,
        }
        return {name: value for name, value in said.items() if value}

    def parameters(self, question: Question, message_id: str) -> Mapping[str, str]:
        """See `Dialect.parameters`."""
        del question, message_id
        return {}

    def refuse(self, response: Response) -> None:
        """See `Dialect.refuse`."""
        if ERROR in response.headers:
            refuse_fault(self.source, response.headers[ERROR])

    def transaction_id(self, response: Response) -> str:
        """See `Dialect.transaction_id`: the id that the bus gave this exchange (§4.3)."""
        return response.headers.get("x-road-request-id", "")[:128]
