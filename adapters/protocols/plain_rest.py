"""Plain REST off the bus: a key in a header, and nobody between us and the registry."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.base import Question
from adapters.protocols.wire import Response, header_text


class Plain:
    """See `adapters.protocols.rest.Dialect`. Our credential is the wire's own fixed header."""

    def path(self, path: str, service: str) -> str:
        """See `Dialect.path`."""
        return f"/{service}{path}" if service else path

    def headers(
        self, question: Question, values: Mapping[str, str], service: str, message_id: str
    ) -> Mapping[str, str]:
        """See `Dialect.headers`."""
        del values, service
        return {"X-Request-Id": message_id, "X-Official": header_text(question.official)}

    def parameters(self, question: Question, message_id: str) -> Mapping[str, str]:
        """See `Dialect.parameters`."""
        del question, message_id
        return {}

    def refuse(self, response: Response) -> None:
        """See `Dialect.refuse`: there is no carrier."""

    def transaction_id(self, response: Response) -> str:
        """See `Dialect.transaction_id`: there is none."""
        del response
        return ""
