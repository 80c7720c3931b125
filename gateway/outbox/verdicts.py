"""The fault table: what becomes of a message, by the status or fault with which its receiver said no.

The table is `faults.toml`. The codes that are kept are ours or the table's: what a receiver wrote itself
could hold anything.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from gateway.outbox.channel import Accepted, GiveUp, Outcome, RetryLater, Unknown, WaitLong

TABLE: Final = Path(__file__).parent / "faults.toml"
UNLISTED: Final = "fault-unlisted"
PARTS: Final = ("faults", "statuses", "others")


class Verdict(StrEnum):
    """What the table says; see there."""

    RETRY = "retry"
    WAIT = "wait"
    DOUBTFUL = "doubtful"
    GIVE_UP = "give-up"


@dataclass(frozen=True, slots=True)
class _Table:
    faults: Mapping[str, Verdict]
    statuses: Mapping[str, Verdict]
    others: Mapping[str, Verdict]


def outcome_of_status(status: int, after: float = 0.0) -> Outcome:
    """Judge an HTTP status; `after` is what `seconds_of` makes of its Retry-After."""
    if 200 <= status < 300:  # noqa: PLR2004  RFC 9110 §15.3
        return Accepted()
    table = _table()
    verdict = table.statuses.get(str(status)) or table.others.get(str(status)[0], Verdict.DOUBTFUL)
    return _outcome(verdict, f"http-{status}", after)


def outcome_of_fault(code: str, after: float = 0.0) -> Outcome:
    """Judge a dotted fault code of the bus; one that no rule knows is the receiving system's own."""
    segments = {_folded(segment) for segment in code.split(".")}
    for name, verdict in _table().faults.items():
        if _folded(name) in segments:
            return _outcome(verdict, f"fault-{name.replace('_', '-')}", after)
    return _outcome(Verdict.DOUBTFUL, UNLISTED, after)


def seconds_of(retry_after: str, at: datetime) -> float:
    """Read a Retry-After (RFC 9110 §10.2.3), seconds or a date; what is neither asks for nothing."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - at).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _outcome(verdict: Verdict, code: str, after: float) -> Outcome:
    match verdict:
        case Verdict.RETRY:
            return RetryLater(code, after)
        case Verdict.WAIT:
            return WaitLong(code, after)
        case Verdict.DOUBTFUL:
            return Unknown(code, after)
        case Verdict.GIVE_UP:
            return GiveUp(code)


@cache
def _table() -> _Table:
    raw: dict[str, Any] = tomllib.loads(TABLE.read_text("utf-8"))
    return _Table(*({name: Verdict(word) for name, word in raw[part].items()} for part in PARTS))


def _folded(segment: str) -> str:
    """Spell a segment as both generations of the bus do: without underscores, in small letters."""
    return segment.replace("_", "").lower()
