"""Deadlines of referrals: working days of a country, hours in a crisis, a file that can be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.referrals.clocks import HERE, Clocks, ClocksError
from gateway.referrals.stages import Stage
from gateway.workdays import Calendar

FRIDAY = datetime(2026, 12, 18, 15, tzinfo=UTC)


def _clocks(country: str = "PL", path: Path = HERE) -> Clocks:
    return Clocks.load(path, Calendar(country), "Europe/Kyiv")


def test_a_draft_is_sent_by_the_end_of_the_next_working_day() -> None:
    """A draft of Friday is owed until Monday's midnight where the country is."""
    due = _clocks().due("usual", Stage.DRAFT, FRIDAY)

    assert due
    assert due.at == datetime(2026, 12, 21, 22, tzinfo=UTC)


def test_days_off_do_not_count() -> None:
    """Ten working days go round weekends and the country's days off, and without a country round weekends."""
    here = _clocks().due("usual", Stage.SENT, FRIDAY)
    nowhere = _clocks("").due("usual", Stage.SENT, FRIDAY)

    assert here
    assert nowhere
    assert here.at == datetime(2027, 1, 7, 22, tzinfo=UTC)
    assert nowhere.at == datetime(2027, 1, 1, 22, tzinfo=UTC)


def test_a_crisis_is_a_matter_of_hours() -> None:
    """Twenty-four hours, weekend or not; the reminder comes six hours before."""
    due = _clocks().due("crisis", Stage.SENT, FRIDAY)

    assert due
    assert due.at == FRIDAY + timedelta(hours=24)
    assert due.remind_at == FRIDAY + timedelta(hours=18)


def test_a_reminder_comes_never_before_half_the_time() -> None:
    """Where the time is short, nobody is reminded at once."""
    due = _clocks().due("usual", Stage.DRAFT, FRIDAY)

    assert due
    assert due.remind_at == FRIDAY + (due.at - FRIDAY) / 2


@pytest.mark.parametrize("stage", [Stage.RECEIVED, Stage.IN_PROGRESS, Stage.COMPLETED, Stage.REJECTED])
def test_other_stages_have_no_time_of_their_own(stage: Stage) -> None:
    """What was received keeps the time of what was sent, and an end has none."""
    assert _clocks().due("usual", stage, FRIDAY) is None


@pytest.mark.parametrize(
    ("was", "becomes", "place"),
    [
        ("sent = { working_days = 10 }", "sent = { working_days = 10, hours = 3 }", "usual.sent"),
        ("sent = { working_days = 10 }", "sent = {}", "usual.sent"),
        ("sent = { working_days = 10 }", "sent = { working_days = 0 }", "usual.sent.working_days"),
        ("sent = { working_days = 10 }", "sent = { weeks = 2 }", "usual.sent.weeks"),
        ('role = "head-of-service"', 'role = "the head"', "escalation.role"),
        ("[usual]", "[usual", "TOMLDecodeError"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, was: str, becomes: str, place: str) -> None:
    """A deployment does not start on deadlines that cannot be counted."""
    path = tmp_path / "clocks.toml"
    path.write_text(HERE.read_text("utf-8").replace(was, becomes, 1), "utf-8")

    with pytest.raises(ClocksError, match=place):
        _clocks(path=path)
