"""The rules by which the record is looked through: small, pure, each with a memory of its own.

A "question" is an intent: it is on record whatever became of it. `Thresholds` say when a rule speaks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from audit.event import Event, Json, Kind
from audit.findings import Finding, Rule
from audit.query import Recorded
from audit.thresholds import AgenciesAt, BurstAt, MissesAt, NightAt, PeersAt, Thresholds

Who: TypeAlias = tuple[str, str]
"""An official, with the agency: ids of officials are each agency's own."""

Acquaintances: TypeAlias = Mapping[Who, Mapping[str, str]]
"""Whom officials know in private: by pseudonym, the relation (`self`, `family`, `colleague`)."""

K = TypeVar("K")

_MISSED = frozenset({"unknown", "ambiguous"})
_WEEKEND = 5
_Seen: TypeAlias = deque[tuple[datetime, str, int]]


def all_rules(thresholds: Thresholds, known: Acquaintances, at: datetime) -> Sequence[Rule]:
    """Give every rule; `at` is now, for what should have happened by then."""
    return (
        NoOpenCase(),
        Acquainted(known),
        Burst(thresholds.burst),
        Night(thresholds.night, thresholds.zone),
        NearMisses(thresholds.near_misses),
        ManyAgencies(thresholds.many_agencies),
        Unreviewed(at),
        AbovePeers(thresholds.peers),
    )


def _who(event: Event) -> Who:
    return event.agency, event.official


@dataclass(slots=True)
class NoOpenCase:
    """A question without a case, or in one that the record shows closed or not yet open."""

    _cases: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> Iterator[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        if event.kind is Kind.CASE and "opened" in event.details:
            dates = (str(event.details["opened"]), str(event.details.get("closed", "")))
            self._cases[event.agency, event.case] = dates
        if event.kind is Kind.INTENT and (state := self._state(event)):
            yield _of(recorded, "no-open-case", {"state": state})

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        yield from ()

    def _state(self, event: Event) -> str:
        if not event.case:
            return "none-named"
        opened, closed = self._cases.get((event.agency, event.case), ("", ""))
        day = event.at.date().isoformat()
        if closed and closed <= day:
            return "closed"
        return "not-yet-open" if opened > day else ""


@dataclass(slots=True)
class Acquainted:
    """A question about oneself, one's family or a colleague."""

    known: Acquaintances

    def hear(self, recorded: Recorded) -> Iterator[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        relation = self.known.get(_who(event), {}).get(event.subject_ref)
        if event.kind is Kind.INTENT and relation:
            yield _of(recorded, "acquainted", {"relation": relation})

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        yield from ()


@dataclass(slots=True)
class Burst:
    """Many people asked about by one official in a short while."""

    at: BurstAt
    _recent: dict[Who, _Seen] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> Iterator[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        if event.kind is not Kind.INTENT:
            return
        recent = _slide(
            self._recent, _who(event), recorded, event.subject_ref, timedelta(minutes=self.at.minutes)
        )
        people = {subject for _, subject, _ in recent}
        if len(people) >= self.at.people:
            figures = {"people": len(people), "minutes": self.at.minutes}
            yield Finding("burst", _indexes(recent), *_who(event), figures=figures)
            recent.clear()

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        yield from ()


@dataclass(slots=True)
class Night:
    """Questions at night or on a weekend, by the clock of the place."""

    at: NightAt
    zone: ZoneInfo
    _nights: dict[tuple[Who, str], list[int]] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> Iterable[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        if event.kind is Kind.INTENT and (night := self._night(event.at)):
            self._nights.setdefault((_who(event), night), []).append(recorded.index)
        return ()

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        for (who, night), evidence in self._nights.items():
            if len(evidence) >= self.at.questions:
                yield Finding("night-work", evidence, *who, figures={"night": night})

    def _night(self, at: datetime) -> str:
        """Name the night or the day of a weekend that an instant is in, by its first day."""
        local = at.astimezone(self.zone)
        if local.hour < self.at.until_hour:
            return (local - timedelta(days=1)).date().isoformat()
        rest = local.hour >= self.at.from_hour or local.weekday() >= _WEEKEND
        return local.date().isoformat() if rest else ""


@dataclass(slots=True)
class NearMisses:
    """Many questions that were refused, or found nobody or several, from one official."""

    at: MissesAt
    _recent: dict[Who, _Seen] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> Iterator[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        if not _missed(event):
            return
        recent = _slide(self._recent, _who(event), recorded, event.id, timedelta(hours=self.at.hours))
        if len(recent) >= self.at.questions:
            yield Finding("near-misses", _indexes(recent), *_who(event), figures={"hours": self.at.hours})
            recent.clear()

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        yield from ()


@dataclass(slots=True)
class ManyAgencies:
    """One person whom many agencies ask about."""

    at: AgenciesAt
    _recent: dict[str, _Seen] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> Iterator[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        if event.kind is not Kind.INTENT or not event.subject_ref:
            return
        recent = _slide(self._recent, event.subject_ref, recorded, event.agency, timedelta(days=self.at.days))
        agencies = {agency for _, agency, _ in recent}
        if len(agencies) >= self.at.agencies:
            figures = {"agencies": len(agencies), "days": self.at.days}
            yield Finding("many-agencies", _indexes(recent), subject_ref=event.subject_ref, figures=figures)
            recent.clear()

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        yield from ()


@dataclass(slots=True)
class Unreviewed:
    """Emergency access whose second look did not come by its date."""

    now: datetime
    _open: dict[str, Recorded] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> Iterable[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        if event.kind is Kind.EMERGENCY:
            emergency = str(event.details.get("emergency", event.exchange_id))
            if event.result == "declared":
                self._open[emergency] = recorded
            elif event.result == "reviewed":
                self._open.pop(emergency, None)
        return ()

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        for recorded in self._open.values():
            due = _instant(recorded.event.details.get("review_due"))
            if due is None or due <= self.now:
                shown = due.date().isoformat() if due else "-"
                yield _of(recorded, "emergency-unreviewed", {"due": shown})


@dataclass(slots=True)
class AbovePeers:
    """An official who asks about far more people than the others of the agency."""

    at: PeersAt
    _people: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> Iterable[Finding]:
        """See `Rule.hear`."""
        event = recorded.event
        if event.kind is Kind.INTENT and event.official:
            officials = self._people.setdefault(event.agency, {})
            officials.setdefault(event.official, {}).setdefault(event.subject_ref, recorded.index)
        return ()

    def end(self) -> Iterator[Finding]:
        """See `Rule.end`."""
        for agency, officials in self._people.items():
            for official, people in officials.items():
                others = [len(each) for other, each in officials.items() if other != official]
                if len(people) < self.at.people or len(others) < self.at.officials:
                    continue
                usual = int(median(others))
                if len(people) >= self.at.times * usual:
                    figures = {"people": len(people), "median": usual}
                    evidence = sorted(people.values())
                    yield Finding("above-peers", evidence, agency, official, figures=figures)


def _of(recorded: Recorded, rule: str, figures: Mapping[str, int | str]) -> Finding:
    event = recorded.event
    return Finding(
        rule, [recorded.index], event.agency, event.official, event.case, event.subject_ref, figures
    )


def _slide(recent: dict[K, _Seen], key: K, recorded: Recorded, what: str, width: timedelta) -> _Seen:
    """Add an entry to a window over time and let go of what is too old."""
    seen = recent.setdefault(key, deque())
    seen.append((recorded.event.at, what, recorded.index))
    while recorded.event.at - seen[0][0] > width:
        seen.popleft()
    return seen


def _indexes(seen: _Seen) -> list[int]:
    return [index for _, _, index in seen]


def _missed(event: Event) -> bool:
    if event.kind is Kind.REFUSAL:
        return event.official != ""
    return event.kind is Kind.RELEASE and any(_status(each) in _MISSED for each in _listed(event))


def _listed(event: Event) -> Sequence[Json]:
    listed = event.details.get("sources")
    return listed if isinstance(listed, list | tuple) else ()


def _status(told: Json) -> str:
    return str(told.get("status")) if isinstance(told, Mapping) else ""


def _instant(text: Json) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
