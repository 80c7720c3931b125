"""One appeal of a person: what it is about, who must answer it until when, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from contracts.vocabulary import AgencyId, SubjectRef
from gateway.storage.engine import instant

OVERSIGHT = AgencyId("")
"""Stands for the oversight body, whichever agency has that role: complaints go there, not to their cause."""
ANSWERED_WITHIN = timedelta(days=30)
MOST_OPEN = 20


class Matter(StrEnum):
    """What a person can want."""

    OBJECTION = "objection"
    COMPLAINT = "complaint"
    CORRECTION = "correction"


class Outcome(StrEnum):
    """What she is answered."""

    UPHELD = "upheld"
    PARTLY = "partly-upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal without its words. `to` is who must answer until `due_on`, see `OVERSIGHT`."""

    id: str
    subject_ref: SubjectRef
    matter: Matter
    exchange_id: str
    source: str
    to: AgencyId
    made_at: datetime
    due_on: date
    answered_at: datetime | None = None
    agency: str = ""
    official: str = ""
    outcome: str = ""
    answer_id: str = ""

    def is_overdue(self, on: date) -> bool:
        """Say whether the last day for an answer has passed without one."""
        return self.answered_at is None and on > self.due_on


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: about which exchange and register, both empty where it is about neither."""

    matter: Matter
    words: str
    exchange_id: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What she wrote, and what she was answered so far."""

    asked: str
    answer: str = ""


def read_appeal(row: Any) -> Appeal:
    """Read one from its row."""
    return Appeal(
        id=row.id,
        subject_ref=SubjectRef(row.subject_ref),
        matter=Matter(row.matter),
        exchange_id=row.exchange_id,
        source=row.source,
        to=AgencyId(row.addressee),
        made_at=instant(row.made_at),
        due_on=date.fromisoformat(row.due_on),
        answered_at=instant(row.answered_at) if row.answered_at is not None else None,
        agency=row.agency,
        official=row.official,
        outcome=row.outcome,
        answer_id=row.answer_id,
    )
