"""Reading at a glance: it takes what the long way takes, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.event import Event, EventError, Kind
from audit.glance import Glances, Line
from tests.unit.audit.records import NOW

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab:{}",0', max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
EVENTS = st.builds(
    Event,
    kind=st.sampled_from(Kind),
    at=st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda later: NOW + later),
    id=TEXT,
    exchange_id=TEXT,
    agency=TEXT,
    case=TEXT,
    details=st.dictionaries(st.text('ab:{}",0', max_size=4), JSON, max_size=3),
)
GLANCES = Glances()


def long_way(entry: bytes) -> tuple[Any, ...]:
    """Give what an entry's line must be, or the code of what is wrong."""
    try:
        event = Event.parse(entry)
    except EventError as error:
        return (error.code,)
    return (event.kind, event.at, event.exchange_id)


def glance(entry: bytes) -> tuple[Any, ...]:
    """Give what a glance sees of it, with everything that other glances left behind."""
    try:
        line: Line = GLANCES.read(entry)
    except EventError as error:
        return (error.code,)
    return (line.kind, line.event().at, line.exchange_id.decode())


@given(EVENTS)
def test_every_event_is_seen_as_it_is(event: Event) -> None:
    """A canonical entry is read the same in both ways, whatever stands in it."""
    entry = event.canonical()

    assert glance(entry) == long_way(entry)


@given(EVENTS, st.data())
def test_what_is_not_canonical_is_not_taken(event: Event, data: st.DataObject) -> None:
    """Bytes put in, taken out or changed anywhere are judged as the long way judges them."""
    entry = event.canonical()
    at = data.draw(st.integers(0, len(entry)))
    put, out = data.draw(st.binary(max_size=3)), data.draw(st.integers(0, 3))
    changed = entry[:at] + put + entry[at + out :]

    assert glance(changed) == long_way(changed)


@pytest.mark.parametrize(
    ("details", "other"),
    [
        (b'{"a":"x","b":1}', b'{"b":1,"a":"x"}'),
        (b'{"a":1}', b'{"a":01}'),
        (b'{"a":1}', b'{"a":1.5}'),
        (b'{"a":1}', b'{"a":1e3}'),
        (b'{"a":1}', b'{"a":9007199254740993}'),
        (b'{"a":1}', b'{"a":-0}'),
        (b'{"a":"x"}', b'{"a":"\\u0078"}'),
        (b'{"a":"x"}', b'{"a": "x"}'),
        (b'{"a":"x"}', b'{"a":"x","a":"y"}'),
        (b'{"a":"x"}', b'{"a":"\xff"}'),
        (b'{"a":"x"}', b'{"a":"\xed\xa0\x80"}'),
        (b'{"a":["x"]}', b'{"a":["x"],}'),
    ],
)
def test_a_skeleton_seen_once_lets_nothing_else_in(details: bytes, other: bytes) -> None:
    """Details that only resemble canonical ones are refused after those were read, too."""
    entry = Event(Kind.READ, NOW, details={"z": "z"}).canonical()
    honest = entry.replace(b'{"z":"z"}', details)
    with suppress(EventError):
        GLANCES.read(honest)

    assert glance(honest) == long_way(honest)
    assert glance(entry.replace(b'{"z":"z"}', other)) == long_way(entry.replace(b'{"z":"z"}', other))
    assert len(glance(entry.replace(b'{"z":"z"}', other))) == 1


@pytest.mark.parametrize("at", [b"2026-13-01T00:00:00", b"2026-02-30T00:00:00", b"2026-01-01T24:00:01"])
def test_a_time_that_is_none_is_refused(at: bytes) -> None:
    """What only looks like an instant is not taken for one."""
    entry = Event(Kind.READ, NOW).canonical().replace(b"2026-11-23T09:00:00", at)

    assert glance(entry) == ("not-an-event",)
