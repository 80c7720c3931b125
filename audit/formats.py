"""The record in other shapes, entry by entry: JSON Lines, CSV for spreadsheets, FHIR for health systems.

Each ends with a line that says how far it came and whether it is whole, so that a file that was broken
off can be told from one that is complete, and taken up again behind its last entry.
"""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson

from audit.balp import audit_event
from audit.event import Event, stamp
from audit.query import Recorded

COLUMNS = (
    "index", "at", "kind", "agency", "official", "case", "purpose", "subject_ref", "exchange_id", "contract",
    "result", "reason", "details", "id", "leaf_hash",
)  # fmt: skip
_FORMULAS = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class End:
    """How an export ended: `done` or `failed`, why, how many entries, and behind which to go on."""

    export: str
    state: str
    count: int
    after: int | None
    reason: str = ""

    def as_json(self) -> dict[str, str | int | None]:
        """Give the end for machines."""
        return {
            "export": self.export,
            "state": self.state,
            "count": self.count,
            "after": self.after,
            "reason": self.reason,
        }


class Format(Protocol):
    """How entries are written. `head` comes first unless an export is taken up again."""

    @property
    def media_type(self) -> str:
        """Give the media type of the whole."""

    def head(self) -> bytes:
        """Give what stands before the first entry."""

    def entry(self, recorded: Recorded) -> bytes:
        """Write one entry."""

    def end(self, end: End) -> bytes:
        """Write how it ended."""


@dataclass(frozen=True, slots=True)
class JsonLines:
    """One JSON object a line: an entry's members with its place; the end is `{"end": …}`."""

    media_type: str = "application/jsonl"

    def head(self) -> bytes:
        """See `Format.head`."""
        return b""

    def entry(self, recorded: Recorded) -> bytes:
        """See `Format.entry`."""
        leaf = b64encode(recorded.leaf_hash).decode()
        return _line({"index": recorded.index, "leaf_hash": leaf, **orjson.loads(recorded.content)})

    def end(self, end: End) -> bytes:
        """See `Format.end`."""
        return _line({"end": end.as_json()})


@dataclass(frozen=True, slots=True)
class Csv:
    """RFC 4180 for spreadsheets: no cell starts a formula. The end is a row of the kind `end`."""

    media_type: str = "text/csv; charset=utf-8; header=present"

    def head(self) -> bytes:
        """See `Format.head`."""
        return _row(COLUMNS)

    def entry(self, recorded: Recorded) -> bytes:
        """See `Format.entry`."""
        event = recorded.event
        return _row([str(recorded.index), *_cells(event), b64encode(recorded.leaf_hash).decode()])

    def end(self, end: End) -> bytes:
        """See `Format.end`."""
        after = "" if end.after is None else str(end.after)
        cells = {"index": after, "kind": "end", "result": end.state, "reason": end.reason, "id": end.export}
        return _row([cells.get(column, "") for column in COLUMNS])


@dataclass(frozen=True, slots=True)
class Fhir:
    """FHIR R4 AuditEvents, one a line (NDJSON); the end is an OperationOutcome."""

    origin: str
    media_type: str = "application/fhir+ndjson"

    def head(self) -> bytes:
        """See `Format.head`."""
        return b""

    def entry(self, recorded: Recorded) -> bytes:
        """See `Format.entry`."""
        return _line(audit_event(recorded.index, recorded.event, self.origin))

    def end(self, end: End) -> bytes:
        """See `Format.end`."""
        whole = end.state == "done"
        issue = {
            "severity": "information" if whole else "error",
            "code": "informational" if whole else "incomplete",
            "diagnostics": orjson.dumps(end.as_json()).decode(),
        }
        return _line({"resourceType": "OperationOutcome", "issue": [issue]})


def format_of(name: str, origin: str) -> Format:
    """Give a format by name: `jsonl`, `csv` or `fhir`; KeyError for another."""
    formats: Mapping[str, Format] = {"jsonl": JsonLines(), "csv": Csv(), "fhir": Fhir(origin)}
    return formats[name]


def _line(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _cells(event: Event) -> list[str]:
    details = orjson.dumps(event.details, option=orjson.OPT_SORT_KEYS).decode()
    return [
        stamp(event.at),
        event.kind.value,
        event.agency,
        event.official,
        event.case,
        event.purpose,
        event.subject_ref,
        event.exchange_id,
        event.contract,
        event.result,
        event.reason,
        details,
        event.id,
    ]


def _row(cells: list[str] | tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_plain(cell) for cell in cells])
    return text.getvalue().encode()


def _plain(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula (OWASP, CSV injection), and a row on its line."""
    flat = cell.translate({0: "\ufffd", 9: " ", 10: " ", 13: " "})
    return f"'{flat}" if flat.lstrip().startswith(_FORMULAS) else flat
