"""What a record says, and its canonical bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.event import (
    LARGEST,
    Event,
    EventMalformedError,
    EventTooLargeError,
    Json,
    Kind,
    SourceOutcome,
    stamp,
)
from tests.unit.audit.records import NOW, event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
KEYS = st.text(st.characters(max_codepoint=127), max_size=10)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DETAILS = st.dictionaries(KEYS, VALUES, max_size=4)
HOSTILE = "line\nbreak \0 \x1b[2J \x7f \u0085 \u2028 \u202e \N{PILE OF POO} ' \" \\ </script>"


@given(DETAILS, TEXTS)
def test_the_bytes_are_those_of_rfc_8785(details: Mapping[str, Json], official: str) -> None:
    """Whatever an event holds, an independent RFC 8785 encoder spells it the same."""
    written = Event(kind=Kind.READ, at=NOW, official=official, details=details)

    assert written.canonical() == rfc8785.dumps(json.loads(written.canonical()))
    assert json.loads(written.canonical())["details"] == details


@given(DETAILS, TEXTS)
def test_an_event_is_read_back_as_it_was(details: Mapping[str, Json], reason: str) -> None:
    """Parsing the canonical bytes gives the same event."""
    written = Event(kind=Kind.ALARM, at=NOW, reason=reason, details=details)

    assert Event.parse(written.canonical()) == written


def test_hostile_text_stays_on_one_line_and_comes_back() -> None:
    """Line breaks, NUL and escapes are escaped, so that an entry can neither split nor drive a terminal."""
    written = event(official=HOSTILE)

    assert not {0, 0x0A, 0x0D, 0x1B} & set(written.canonical())
    assert Event.parse(written.canonical()).official == HOSTILE


NESTED: dict[str, Any] = {}
NESTED["deeper"] = NESTED


@pytest.mark.parametrize(
    "details",
    [
        {"half": "\ud800"},
        {"\ud800": 1},
        {"імʼя": 1},
        {"share": 0.5},
        {"share": float("nan")},
        {"count": 2**53},
        {"count": -(2**53)},
        {"count": 10**400},
        {"when": NOW},
        {"names": {"a", "b"}},
        {"names": [b"bytes"]},
        {1: "one"},
        {"kind": Kind.READ},
        NESTED,
    ],
    ids=[
        "lone-surrogate",
        "surrogate-key",
        "non-ascii-key",
        "float",
        "nan",
        "large",
        "small",
        "huge",
        "date",
        "set",
        "bytes",
        "number-key",
        "enum",
        "circular",
    ],
)
def test_what_has_no_canonical_form_is_refused(details: dict[str, Any]) -> None:
    """Details that RFC 8785 cannot spell, or our subset excludes, raise and name no value."""
    with pytest.raises(EventMalformedError) as raised:
        Event(kind=Kind.READ, at=NOW, details=details).canonical()

    assert raised.value.args == ("no-canonical-form",)


def test_a_lone_surrogate_in_a_member_is_refused() -> None:
    """Text that is not Unicode has no bytes."""
    with pytest.raises(EventMalformedError):
        event(official="\udfff").canonical()


def test_an_event_may_be_as_large_as_the_limit_and_no_larger() -> None:
    """One byte above 16 KiB is refused."""
    rest = LARGEST - len(event(reason="").canonical())

    assert len(event(reason="x" * rest).canonical()) == LARGEST
    with pytest.raises(EventTooLargeError):
        event(reason="x" * (rest + 1)).canonical()


CANONICAL = event(id="e-1").canonical()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        CANONICAL[:-1],
        CANONICAL + b"\n",
        CANONICAL.replace(b'":"', b'": "', 1),
        CANONICAL.replace(b'"v":1', b'"v":2'),
        CANONICAL.replace(b'"v":1', b'"v":1.0'),
        CANONICAL.replace(b'"v":1', b'"v":true'),
        CANONICAL.replace(b'"v":1', b'"v":1,"w":1'),
        CANONICAL.replace(b'"v":1', b'"v":1,"v":1'),
        CANONICAL.replace(b"token", b"tokens"),
        CANONICAL.replace(b"000000Z", b"000000+00:00"),
        CANONICAL.replace(b".000000Z", b"Z"),
        CANONICAL.replace(b"2026-11-23T09", b"2026-13-23T09"),
        CANONICAL.replace(b"2026-11-23T09:00:00.000000Z", b"0001-01-01T00:00:00+23:59"),
        CANONICAL.replace(b'"id":"e-1"', b'"id":1'),
        CANONICAL.replace(b'"id":"e-1"', b'"id":"\\u0065-1"'),
        CANONICAL.replace(b'"details":{}', b'"details":[]'),
        CANONICAL.replace(b'"details":{}', b'"details":{"a":1e2}'),
    ],
)
def test_bytes_that_are_not_a_canonical_event_are_refused(content: bytes) -> None:
    """Another spelling, other members or other types are never read as an event."""
    with pytest.raises(EventMalformedError):
        Event.parse(content)


def test_bytes_above_the_limit_are_not_even_read() -> None:
    """A huge entry is refused by its length."""
    with pytest.raises(EventTooLargeError):
        Event.parse(b" " * (LARGEST + 1))


@pytest.mark.parametrize(
    ("at", "spelled"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02T03:04:05.000006Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:05.000000Z"),
    ],
)
def test_times_are_utc_with_microseconds(at: datetime, spelled: str) -> None:
    """Every zone is spelled as UTC, always with six digits."""
    assert stamp(at) == spelled


def test_a_time_without_a_zone_is_refused() -> None:
    """A naive time could mean any instant."""
    with pytest.raises(EventMalformedError):
        stamp(datetime(2026, 1, 2))  # noqa: DTZ001  the point of the test


def test_a_source_says_only_what_applies() -> None:
    """Empty members of an outcome are left out, and field names are in order."""
    found = SourceOutcome("health", "answered", ["b", "a"], basis="consent", ground_id="c", citation="Art. 1")

    assert found.as_json() == {
        "source": "health",
        "status": "answered",
        "fields": ["a", "b"],
        "ground": {"kind": "consent", "id": "c", "citation": "Art. 1"},
    }
    assert SourceOutcome("border", "ambiguous", candidates=2, transaction_id="t").as_json() == {
        "source": "border",
        "status": "ambiguous",
        "transaction_id": "t",
        "candidates": 2,
    }
