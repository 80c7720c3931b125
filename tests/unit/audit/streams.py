"""Made-up entries for the readers of the record, and what rules and samplers make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from audit.event import Event, Kind
from audit.findings import Finding, Rule
from audit.merkle import leaf_hash
from audit.query import Recorded
from audit.sampling import Plan, Sampler
from tests.unit.audit.records import NOW


def question(minute: float = 0, **members: Any) -> Event:
    """Give an intent, so many minutes after `NOW` (a Monday, eleven o'clock in Kyiv)."""
    return entry(Kind.INTENT, minute, **{"case": "CASE-1", "subject_ref": "person-1", **members})


def entry(kind: Kind, minute: float = 0, **members: Any) -> Event:
    """Give an entry of any kind."""
    filled: dict[str, Any] = {"agency": "case-system", "official": "worker-17", **members}
    return Event(kind, NOW + timedelta(minutes=minute), **filled)


def recorded(events: Iterable[Event]) -> list[Recorded]:
    """Give entries their places in a log."""
    contents = [(event, event.canonical()) for event in events]
    return [Recorded(i, event, content, leaf_hash(content)) for i, (event, content) in enumerate(contents)]


def raised(rule: Rule, events: Iterable[Event]) -> list[Finding]:
    """Give everything that a rule has to say."""
    found = [finding for each in recorded(events) for finding in rule.hear(each)]
    return [*found, *rule.end()]


def people(count: int, every: float = 0.1, **members: Any) -> list[Event]:
    """Give questions about so many people, one every so many minutes."""
    return [question(n * every, subject_ref=f"person-{n}", **members) for n in range(count)]


def sample(plan: Plan, events: Sequence[Event]) -> dict[str, list[int]]:
    """Draw a sample; give the indexes by agency."""
    sampler = Sampler(plan)
    for each in recorded(events):
        sampler.hear(each)
    return {agency: [each.index for each in drawn] for agency, drawn in sampler.drawn().items()}


def sample_ids(plan: Plan, events: Sequence[Event]) -> set[str]:
    """Draw a sample; give the entries' ids."""
    return {events[index].id for indexes in sample(plan, events).values() for index in indexes}


def at_hour(hour: int, day: int = 0) -> float:
    """Give the minutes from `NOW` to an hour (UTC) of a day after it."""
    midnight = NOW.replace(hour=0)
    wanted: datetime = midnight + timedelta(days=day, hours=hour)
    return (wanted - NOW) / timedelta(minutes=1)
