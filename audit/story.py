"""Does the record tell a lawful story? Every release has its intent and ground, every intent its end.

`Story` reads entries in order and remembers only the intents that are open, so that its memory does
not grow with the log. Stories of stretches that were read apart can be put together (`follow`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audit.event import ENDS, Event, Json, Kind
from audit.glance import Line
from audit.report import OpenIntent

_SAME = ("agency", "official", "case", "purpose", "subject_ref", "contract")

Told = tuple[int, Line]
"""An entry and its index."""


@dataclass(slots=True)
class Story:
    """What has been told so far. `skew` is how far the clocks of gateways may lie apart.

    A story that begins in the middle of the log (`apart`) does not know what came before: the ends whose
    intents it has not seen it sets aside, and remembers what began and the earliest time it heard of.
    """

    skew: timedelta = timedelta(minutes=5)
    apart: bool = False
    newest: bytes = b""
    earliest: bytes = b""
    began: set[bytes] = field(default_factory=set)
    aside: list[Told] = field(default_factory=list)
    _open: dict[bytes, Told] = field(default_factory=dict)
    _limit: tuple[bytes, bytes] = (b"", b"")

    def hear(self, index: int, line: Line) -> Sequence[str]:
        """Take the next entry; give the codes of what is wrong with it."""
        found: list[str] = []
        if line.at >= self.newest:
            self.newest = line.at
        elif self._late(line.at):
            found.append("time-runs-back")
        if self.apart and (line.at < self.earliest or not self.earliest):
            self.earliest = line.at
        kind = line.kind
        if kind is Kind.INTENT:
            if line.exchange_id in self._open:
                found.append("intent-twice")
            self._open[line.exchange_id] = (index, line)
            if self.apart:
                self.began.add(line.exchange_id)
        elif kind in ENDS:
            found += self._end(index, line)
        return found

    def follow(self, later: Story) -> list[tuple[int, str]] | None:
        """Go on with a stretch that was read apart; give what is wrong where the two meet.

        None where the stretch must be read again in order: an exchange in it begins while one of that
        name is open, or its time may run back behind ours. Then nothing has changed here.
        """
        if not self._open.keys().isdisjoint(later.began):
            return None
        if later.earliest < self.newest and self._late(later.earliest):
            return None
        found = [(index, code) for index, line in later.aside for code in self._end(index, line)]
        self._open |= later._open
        self.newest = max(self.newest, later.newest)
        return found

    def open(self, patience: timedelta = timedelta(minutes=10)) -> Iterator[tuple[OpenIntent, bool]]:
        """Give the intents without an end, and of each whether it is overdue by the newest entry."""
        for exchange_id, (index, intent) in self._open.items():
            age = _time(self.newest or intent.at) - _time(intent.at)
            yield OpenIntent(index, exchange_id.decode(), int(age.total_seconds())), age >= patience

    def _late(self, at: bytes) -> bool:
        """Say whether a time lies further behind the newest than clocks may; the limit is kept as text."""
        if self._limit[0] != self.newest:
            limit = _time(self.newest) - self.skew
            self._limit = (self.newest, limit.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode())
        return at < self._limit[1]

    def _end(self, index: int, line: Line) -> Sequence[str]:
        intent = self._open.pop(line.exchange_id, None)
        if intent is None and self.apart:
            self.aside.append((index, line))
        elif line.kind is Kind.RELEASE and (intent is None or not line.matches(intent[1], intent[0])):
            return list(_release(line.event(), intent))
        return ()


def _time(at: bytes) -> datetime:
    return datetime.fromisoformat(at.decode())


def _release(event: Event, told: Told | None) -> Iterator[str]:
    if told is None:
        yield "release-without-intent"
        return
    index, intended = told[0], told[1].event()
    if event.details.get("intent") != index:
        yield "release-names-other-intent"
    if any(getattr(event, name) != getattr(intended, name) for name in _SAME):
        yield "release-differs-from-intent"
    permitted = _by_source(intended)
    for source, told_of in _by_source(event).items():
        if _names(told_of):
            yield from _told(told_of, permitted.get(source))


def _told(told: Mapping[str, Json], permitted: Mapping[str, Json] | None) -> Iterator[str]:
    if permitted is None or not _names(told) <= _names(permitted):
        yield "release-beyond-intent"
    ground = told.get("ground")
    if (
        not isinstance(ground, Mapping)
        or not ground.get("kind")
        or not (ground.get("id") or ground.get("citation"))
    ):
        yield "release-without-ground"
    elif permitted is not None and ground != permitted.get("ground"):
        yield "release-on-other-ground"


def _by_source(event: Event) -> Mapping[str, Mapping[str, Json]]:
    listed = event.details.get("sources")
    if not isinstance(listed, list | tuple):
        return {}
    return {str(each.get("source")): each for each in listed if isinstance(each, Mapping)}


def _names(told: Mapping[str, Json]) -> frozenset[str]:
    fields = told.get("fields", ())
    return frozenset(map(str, fields)) if isinstance(fields, list | tuple) else frozenset({"?"})
