"""What a fault code of the bus means: our four errors (X-Road protocol v4.0; guidance on retrying).

Codes are spelt `client.missing_header_field` from 7.8.0 on and `Client.MissingHeaderField` before and in the
specification; both become `client.missingheaderfield`. Which of them may be asked again at once is the
guidance on retrying (`Repeat`). Fault texts are never read: they hold
what the provider pleased to put there, people's data among it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from adapters.base import Repeat, SourceMisbehavedError, SourceRefusedError, SourceUnavailableError
from contracts.vocabulary import Source

SOON: Final = frozenset(
    {
        "networkerror",
        "unknownhost",
        "httperror",
        "timestampingfailed",
        "loggingfailed",
        "globalconfoutdated",
    }
)
"""What passes by itself: worth asking again at once."""

LATER: Final = frozenset(
    {
        "ioerror",
        "internalerror",
        "databaseerror",
        "sslauthenticationfailed",
        "cannotcreatesignature",
    }
)
LONG: Final = 60.0
"""Seconds to leave a registry alone that is being maintained, or whose certificate is being changed."""

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


def spell(code: str, *, modern: bool) -> str:
    """Spell a fault code (`client.invalid_body`) as X-Road does from 7.8.0 on, else as before."""
    if modern:
        return code
    return ".".join("".join(word.capitalize() for word in part.split("_")) for part in code.split("."))


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
        raise SourceUnavailableError(source, "maintenance", after=LONG)
    if last in MALFORMED:
        raise SourceMisbehavedError(source, "unreadable")
    if last in UNTRUSTED:
        raise SourceMisbehavedError(source, "untrusted")
    if segments[0] == "server" or last in SOON | LATER:
        raise _unavailable(source, segments)
    raise SourceMisbehavedError(source, "unknown-fault")


def _unavailable(source: Source, segments: Sequence[str]) -> SourceUnavailableError:
    """Give the error of what may pass: whose failure it is, and whether to ask again at once."""
    last = segments[-1]
    if "servicefailed" in segments:
        return SourceUnavailableError(source, "source-failed", Repeat.IF_IDEMPOTENT)
    if last in SOON:
        return SourceUnavailableError(source, "bus-failed", Repeat.IF_IDEMPOTENT)
    if last in LATER:
        after = LONG if last == "sslauthenticationfailed" else 0.0
        return SourceUnavailableError(source, "bus-failed", after=after)
    return SourceUnavailableError(source, "source-failed")
