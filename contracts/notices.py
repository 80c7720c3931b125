"""When a person is told of a release, as the notice rule of its ground has it."""

from __future__ import annotations

from datetime import UTC, datetime, time

from contracts.clauses import NoticeRule, Tell


def due(rule: NoticeRule, at: datetime) -> datetime | None:
    """Give the instant from which on she is told of a release at `at`; None where she may never be.

    A day begins in UTC. A rule that delays without saying how long is one that tells at once.
    """
    if rule.tell is Tell.NEVER:
        return None
    if rule.tell is Tell.NOW:
        return at
    if rule.after is not None:
        return at + rule.after
    return datetime.combine(rule.until, time(), UTC) if rule.until else at
