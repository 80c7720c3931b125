"""From an error class to the bus's fault code (X-Road protocol v4.0 §2.5; codes as of X-Road 7.8).

The first segment says who failed: `client` the message, `server.serverproxy` the provider's side. Codes
of X-Road's own list are used where they mean the same; what they cannot say stands beside them, as the
slug of our problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from adapters.protocols.xroad_faults import spell
from audit.store import AuditUnavailableError, UnwitnessedError
from contracts.contract import NotPermittedError
from contracts.identifiers import InvalidIdentifierError
from gateway.collection import RequiredSourceError
from gateway.consent.ground import CaseNotOpenError, ConsentMissingError, ConsentWithdrawnError
from gateway.faults import (
    BodyInvalidError,
    BodyTooLargeError,
    ForbiddenError,
    MethodError,
    NotFoundError,
    OverloadedError,
    StorageUnavailableError,
)
from gateway.identity import UnauthenticatedError
from gateway.web.facades.seam import coded


class Flaw(StrEnum):
    """What can be wrong with a message of the bus, by X-Road's own names."""

    DUPLICATE_HEADER_FIELD = "duplicate_header_field"
    INCONSISTENT_HEADERS = "inconsistent_headers"
    INVALID_BODY = "invalid_body"
    INVALID_CLIENT_IDENTIFIER = "invalid_client_identifier"
    INVALID_CONTENT_TYPE = "invalid_content_type"
    INVALID_PROTOCOL_VERSION = "invalid_protocol_version"
    INVALID_SERVICE_IDENTIFIER = "invalid_service_identifier"
    INVALID_SOAP = "invalid_soap"
    INVALID_SOAP_ACTION = "invalid_soap_action"
    INVALID_XML = "invalid_xml"
    MISSING_BODY = "missing_body"
    MISSING_HEADER = "missing_header"
    MISSING_HEADER_FIELD = "missing_header_field"


class BusMessageError(BodyInvalidError):
    """A message that is not what the bus's protocol says. Holds the flaw, nothing of the message."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value.replace("_", "-"))
        self.flaw = flaw


class ServiceUnknownError(NotFoundError):
    """We are not that provider, or have no such service or version."""


_DENIED = "server.serverproxy.access_denied"
_FAILED = "server.serverproxy.service_failed"
INTERNAL = f"{_FAILED}.internal_error"

TABLE: Mapping[type[BaseException], str] = MappingProxyType(
    {
        UnauthenticatedError: _DENIED,
        ForbiddenError: _DENIED,
        NotPermittedError: _DENIED,
        CaseNotOpenError: _DENIED,
        ConsentMissingError: _DENIED,
        ConsentWithdrawnError: _DENIED,
        RequiredSourceError: f"{_FAILED}.required_source_silent",
        AuditUnavailableError: "server.serverproxy.logging_failed",
        UnwitnessedError: "server.serverproxy.logging_failed",
        StorageUnavailableError: "server.serverproxy.database_error",
        OverloadedError: f"{_FAILED}.overloaded",
        InvalidIdentifierError: "client.invalid_body",
        BodyInvalidError: "client.invalid_body",
        BodyTooLargeError: "client.invalid_message",
        NotFoundError: "client.invalid_body",
        ServiceUnknownError: "server.serverproxy.unknown_service",
        MethodError: "client.invalid_http_method",
    }
)


def fault_code(error: BaseException, *, modern: bool) -> str:
    """Give the fault code of an error, in one of its two spellings; unknown errors are internal."""
    if isinstance(error, BusMessageError):
        return spell(f"client.{error.flaw}", modern=modern)
    return spell(coded(error, TABLE, "client.invalid_request", INTERNAL), modern=modern)
