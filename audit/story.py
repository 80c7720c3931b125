"""Does the record tell a lawful story? Every release has its intent and ground, every intent its end.

`Story` reads events in order and remembers only the intents that are open, so that its memory does
not grow with the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audit.event import ENDS, Event, Json, Kind
from audit.report import OpenIntent

_SAME = ("agency", "official", "case", "purpose", "subject_ref", "contract")


@dataclass(slots=True)
class Story:
    """What has been told so far. `skew` is how far the clocks of gateways may lie apart."""

    skew: timedelta = timedelta(minutes=5)
    newest: datetime | None = None
    _open: dict[str, tuple[int, Event]] = field(default_factory=dict)

    def hear(self, index: int, event: Event) -> Iterator[str]:
        """Take the next event; give the codes of what is wrong with it."""
        yield from self._time(event)
        if event.kind is Kind.INTENT:
            if event.exchange_id in self._open:
                yield "intent-twice"
            self._open[event.exchange_id] = (index, event)
        elif event.kind in ENDS:
            intent = self._open.pop(event.exchange_id, None)
            if event.kind is Kind.RELEASE:
                yield from _release(event, intent)

    def open(self, patience: timedelta = timedelta(minutes=10)) -> Iterator[tuple[OpenIntent, bool]]:
        """Give the intents without an end, and of each whether it is overdue by the newest entry."""
        for exchange_id, (index, intent) in self._open.items():
            age = (self.newest or intent.at) - intent.at
            yield OpenIntent(index, exchange_id, int(age.total_seconds())), age >= patience

    def _time(self, event: Event) -> Iterator[str]:
        if self.newest is not None and event.at < self.newest - self.skew:
            yield "time-runs-back"
        if self.newest is None or event.at > self.newest:
            self.newest = event.at


def _release(event: Event, intent: tuple[int, Event] | None) -> Iterator[str]:
    if intent is None:
        yield "release-without-intent"
        return
    index, intended = intent
    if event.details.get("intent") != index:
        yield "release-names-other-intent"
    if any(getattr(event, name) != getattr(intended, name) for name in _SAME):
        yield "release-differs-from-intent"
    permitted = _by_source(intended)
    for source, told in _by_source(event).items():
        if _names(told):
            yield from _told(told, permitted.get(source))


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
