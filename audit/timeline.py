"""A case, an official or a person in time: one line for each exchange, from its first entry to its last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.event import ENDS, Event, Json, Kind
from audit.query import Recorded

_RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Chapter:
    """One exchange, or one entry that belongs to none. `outcome` is `running` until something ends it."""

    began: datetime
    ended: datetime
    indexes: Sequence[int]
    kind: str
    agency: str
    official: str
    case: str
    purpose: str
    subject_ref: str
    exchange_id: str
    outcome: str
    reason: str
    sources: Mapping[str, str]

    def as_json(self) -> dict[str, Json]:
        """Give the chapter for machines."""
        return {
            "began": self.began.isoformat(),
            "ended": self.ended.isoformat(),
            "indexes": list(self.indexes),
            "kind": self.kind,
            "agency": self.agency,
            "official": self.official,
            "case": self.case,
            "purpose": self.purpose,
            "subject_ref": self.subject_ref,
            "exchange_id": self.exchange_id,
            "outcome": self.outcome,
            "reason": self.reason,
            "sources": dict(self.sources),
        }


def timeline(stream: Iterable[Recorded]) -> list[Chapter]:
    """Gather entries by exchange, in the order in which the exchanges began."""
    gathered: dict[str, list[Recorded]] = {}
    for recorded in stream:
        gathered.setdefault(recorded.event.exchange_id or recorded.event.id, []).append(recorded)
    return [_chapter(entries) for entries in gathered.values()]


def _chapter(entries: Sequence[Recorded]) -> Chapter:
    first, last = entries[0].event, entries[-1].event
    end = next((each.event for each in entries if each.event.kind in ENDS), None)
    asked = first.kind is Kind.INTENT or end is not None
    settled = end or (None if asked else first)
    return Chapter(
        began=first.at,
        ended=last.at,
        indexes=tuple(each.index for each in entries),
        kind="exchange" if asked else first.kind.value,
        agency=first.agency,
        official=first.official,
        case=first.case,
        purpose=first.purpose,
        subject_ref=first.subject_ref,
        exchange_id=first.exchange_id,
        outcome=settled.result if settled else _RUNNING,
        reason=settled.reason if settled else "",
        sources=_sources(end or first),
    )


def _sources(event: Event) -> Mapping[str, str]:
    listed = event.details.get("sources")
    if not isinstance(listed, list | tuple):
        return {}
    return {
        str(each["source"]): str(each.get("status", "asked")) for each in listed if isinstance(each, Mapping)
    }
