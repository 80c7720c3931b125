"""Maintenance windows: the hours in which a registry's owner does not want to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until `end` by the registry's own clock; an `end` before `start` is the next morning's.

    On `weekdays` (Monday is 0; none means all), or `on` one date alone.
    """

    start: time
    end: time
    zone: ZoneInfo
    weekdays: frozenset[int] = frozenset()
    on: date | None = None

    def covers(self, at: datetime) -> bool:
        """Say whether this instant lies within."""
        local = at.astimezone(self.zone)
        if self.start <= self.end:
            return self._begins(local.date()) and self.start <= local.time() < self.end
        if local.time() >= self.start:
            return self._begins(local.date())
        return local.time() < self.end and self._begins(local.date() - timedelta(days=1))

    def _begins(self, day: date) -> bool:
        if self.on is not None:
            return day == self.on
        return not self.weekdays or day.weekday() in self.weekdays


def within(windows: Sequence[Window], at: datetime) -> bool:
    """Say whether any of the windows covers this instant."""
    return any(window.covers(at) for window in windows)
