"""What a fault code of the bus means: our four errors (X-Road protocol v4.0; guidance on retrying).

Codes are spelt `client.missing_header_field` from 7.8.0 on and `Client.MissingHeaderField` before and in the
specification; both become `client.missingheaderfield`. Fault texts are never read: they hold
what the provider pleased to put there, people's data among it.
"""

from __future__ import annotations

from typing import Final, NoReturn

from adapters.base import SourceMisbehavedError, SourceRefusedError, SourceUnavailableError
from contracts.vocabulary import Source

LATER: Final = frozenset(
    {
        "networkerror",
        "unknownhost",
        "httperror",
        "ioerror",
        "internalerror",
        "databaseerror",
        "timestampingfailed",
        "loggingfailed",
        "globalconfoutdated",
        "sslauthenticationfailed",
        "cannotcreatesignature",
    }
)
MALFORMED: Final = frozenset(
    {
        "inconsistentresponse",
        "inconsistentheaders",
        "invalidmessage",
        "invalidsoap",
        "invalidxml",
        "invalidbody",
        "invalidcontenttype",
        "missingbody",
        "missingheader",
        "missingheaderfield",
        "missingsoap",
        "mimeparsingfailed",
    }
)
UNTRUSTED: Final = frozenset(
    {
        "certvalidation",
        "incorrectvalidationinfo",
        "invalidsignaturevalue",
        "malformedsignature",
        "missingsignature",
    }
)
NOT_ALLOWED: Final = frozenset({"accessdenied"})
NOT_THERE: Final = frozenset(
    {
        "unknownmember",
        "unknownservice",
        "servicedisabled",
        "servicetype",
        "servicemissingurl",
        "servicemalformedurl",
    }
)


def fault_key(code: str) -> str:
    """Give a fault code without prefix, case and underscores."""
    return code.strip().rpartition(":")[2].casefold().replace("_", "")


def refuse_fault(source: Source, code: str) -> NoReturn:
    """Raise the error that a fault code means; the code itself, being theirs to choose, is not kept."""
    segments = fault_key(code).split(".")
    last = segments[-1]
    if last in NOT_ALLOWED:
        raise SourceRefusedError(source, "access-denied")
    if last in NOT_THERE:
        raise SourceRefusedError(source, "unknown-service")
    if segments[0] == "client":
        raise SourceRefusedError(source, "bad-question")
    if last == "maintenancemode":
        raise SourceUnavailableError(source, "maintenance")
    if last in MALFORMED:
        raise SourceMisbehavedError(source, "unreadable")
    if last in UNTRUSTED:
        raise SourceMisbehavedError(source, "untrusted")
    if last in LATER and "servicefailed" not in segments:
        raise SourceUnavailableError(source, "bus-failed")
    if segments[0] == "server":
        raise SourceUnavailableError(source, "source-failed")
    raise SourceMisbehavedError(source, "unknown-fault")
