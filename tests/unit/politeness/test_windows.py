"""Maintenance windows by the registry's own clock, over midnight, on some days, on one date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from gateway.politeness.windows import Window, within

KYIV = ZoneInfo("Europe/Kyiv")
NIGHT = Window(time(23), time(4), KYIV)
SATURDAY = Window(time(23), time(4), KYIV, frozenset({5}))
ONCE = Window(time(10), time(12), KYIV, on=date(2026, 11, 24))


@pytest.mark.parametrize(
    ("window", "at", "covered"),
    [
        (NIGHT, datetime(2026, 11, 24, 21, 0, tzinfo=UTC), True),
        (NIGHT, datetime(2026, 11, 25, 1, 59, tzinfo=UTC), True),
        (NIGHT, datetime(2026, 11, 25, 2, 0, tzinfo=UTC), False),
        (NIGHT, datetime(2026, 11, 24, 20, 59, tzinfo=UTC), False),
        (SATURDAY, datetime(2026, 11, 28, 21, 30, tzinfo=UTC), True),
        (SATURDAY, datetime(2026, 11, 29, 1, 0, tzinfo=UTC), True),
        (SATURDAY, datetime(2026, 11, 29, 21, 30, tzinfo=UTC), False),
        (ONCE, datetime(2026, 11, 24, 8, 0, tzinfo=UTC), True),
        (ONCE, datetime(2026, 11, 25, 8, 0, tzinfo=UTC), False),
    ],
)
def test_a_window_covers_its_hours(window: Window, at: datetime, *, covered: bool) -> None:
    """A night that begins on a Saturday ends on Sunday morning; summer time is the zone's affair."""
    assert within([window], at) is covered
