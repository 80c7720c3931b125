"""By when the next step of a referral is owed, when a reminder goes out, and to whom it is escalated."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contracts.vocabulary import ObminError
from gateway.referrals.stages import Stage
from gateway.workdays import Calendar

HERE = Path(__file__).parent / "clocks.toml"


class ClocksError(ObminError):
    """The file of deadlines cannot be used. The message names it and the place."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(_Part):
    """So many working days, to the end of the last, or so many hours."""

    working_days: Annotated[int, Field(ge=1, le=260)] | None = None
    hours: Annotated[int, Field(ge=1, le=2400)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.working_days is None) == (self.hours is None):
            message = "working_days or hours"
            raise ValueError(message)
        return self


class Pace(_Part):
    """How long each step of one priority may take."""

    draft: Span
    sent: Span
    accepted: Span
    expires: Span
    remind: Span


class Wording(_Part):
    """A reason in the two languages."""

    uk: str
    en: str


class Escalation(_Part):
    """Who is told of what is overdue."""

    role: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Interval(_Part):
    """How often something is looked at."""

    hours: Annotated[int, Field(ge=1, le=2400)]


class _Text(_Part):
    watching: Interval
    usual: Pace
    crisis: Pace
    escalation: Escalation
    reasons: Annotated[dict[str, Wording], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Due:
    """When a step is owed, and when whoever owes it is reminded."""

    at: datetime
    remind_at: datetime


@dataclass(frozen=True, slots=True)
class Clocks:
    """The deadlines of one deployment. `role` is whom an overdue referral is escalated to.

    `look_every` is how long a subscription waits between two looks.
    """

    paces: Mapping[str, Pace]
    reasons: Mapping[str, Wording]
    role: str
    look_every: timedelta
    calendar: Calendar
    zone: ZoneInfo

    @classmethod
    def load(cls, path: Path, calendar: Calendar, time_zone: str) -> Self:
        """Read the file. Raises `ClocksError`."""
        try:
            text = _Text.model_validate(tomllib.loads(path.read_text("utf-8")))
        except ValidationError as error:
            wrong = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors())
            raise ClocksError(f"{path}: {wrong}") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ClocksError(f"{path}: {type(error).__name__}") from None
        paces = {"usual": text.usual, "crisis": text.crisis}
        every = timedelta(hours=text.watching.hours)
        return cls(paces, text.reasons, text.escalation.role, every, calendar, ZoneInfo(time_zone))

    def due(self, priority: str, stage: Stage, since: datetime) -> Due | None:
        """Give by when a referral that came to a stage at an instant must go on; None at its end.

        What is received keeps the time of what was sent, what is in progress that of what was accepted.
        """
        pace = self.paces[priority]
        spans = {Stage.DRAFT: pace.draft, Stage.SENT: pace.sent, Stage.ACCEPTED: pace.accepted}
        if stage not in spans:
            return None
        at = self._after(since, spans[stage])
        return Due(at, max(self._before(at, pace.remind), since + (at - since) / 2))

    def expires(self, priority: str, since: datetime) -> datetime:
        """Give until when a message that is sent now is tried."""
        return self._after(since, self.paces[priority].expires)

    def _after(self, since: datetime, span: Span) -> datetime:
        if span.hours is not None:
            return since + timedelta(hours=span.hours)
        assert span.working_days is not None  # noqa: S101  one of them is there
        day = self.calendar.after(since.astimezone(self.zone).date(), span.working_days)
        return datetime.combine(day + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def _before(self, at: datetime, span: Span) -> datetime:
        if span.hours is not None:
            return at - timedelta(hours=span.hours)
        assert span.working_days is not None  # noqa: S101  the same
        day = self.calendar.after(at.astimezone(self.zone).date(), -span.working_days)
        return datetime.combine(day, time(9), self.zone).astimezone(UTC)
