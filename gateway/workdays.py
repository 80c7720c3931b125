"""Working days of one country, by which the law counts how long somebody has."""

from __future__ import annotations

from datetime import date

from holidays import HolidayBase, country_holidays


class Calendar:
    """The working days of one country; weekends alone where none is named."""

    def __init__(self, country: str) -> None:
        self._days = country_holidays(country) if country else HolidayBase()

    def after(self, day: date, working_days: int) -> date:
        """Give the working day that many working days later; before, where the number is negative."""
        due = self._days.get_nth_working_day(day, working_days)
        return date(due.year, due.month, due.day)
