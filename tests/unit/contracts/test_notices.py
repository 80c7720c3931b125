"""When a person is told of a release."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.clauses import NoticeRule, Tell
from contracts.notices import due

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (NoticeRule(), AT),
        (NoticeRule(Tell.LATER, after=timedelta(days=30), article="Art. 9"), AT + timedelta(days=30)),
        (
            NoticeRule(Tell.LATER, until=date(2027, 1, 1), article="Art. 9"),
            datetime(2027, 1, 1, tzinfo=UTC),
        ),
        (NoticeRule(Tell.LATER, article="Art. 9"), AT),
        (NoticeRule(Tell.NEVER, article="Art. 16"), None),
    ],
    ids=["now", "after", "until", "later-without-end", "never"],
)
def test_a_rule_says_from_when_on_she_is_told(rule: NoticeRule, told: datetime | None) -> None:
    """A delay without an end is none, and what is forbidden has no instant."""
    assert due(rule, AT) == told
