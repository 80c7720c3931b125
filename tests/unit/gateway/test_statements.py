"""What of the record a person may see, and from when on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from audit.event import Event, Kind
from gateway.oversight.statements import Delay, Line, told
from tests.unit.audit.records import NOW
from tests.unit.audit.streams import entry, recorded

UNTIL = "2026-12-01T00:00:00.000000Z"
LATER = {"tell": "later", "until": UNTIL, "article": "Art. 9"}
NEVER = {"tell": "never", "article": "Art. 16"}
DELAY = Delay(UNTIL, "Art. 9")


def released(*, notices: dict[str, Any] | None = None, **members: Any) -> Event:
    """Give a release of two sources, with the notice rules that the law has for them."""
    details: dict[str, Any] = {
        "sources": [{"source": "health", "status": "answered"}, {"source": "education", "status": "unknown"}]
    }
    if notices:
        details["notices"] = notices
    return entry(Kind.RELEASE, exchange_id="exchange-1", result="released", details=details, **members)


def lines(*events: Event, days: int = 0) -> list[Line]:
    """Give the lines as they are told so many days later."""
    return told(recorded(events), NOW + timedelta(days=days))


def sources(line: Line) -> list[Any]:
    """Name the sources that a line shows."""
    return [each["source"] for each in line.sources]


def test_what_no_law_delays_is_told_at_once() -> None:
    """Both sources are shown, and the entry is whole."""
    (line,) = lines(released())

    assert sources(line) == ["health", "education"]
    assert line.entry
    assert not line.delays


def test_what_the_law_delays_is_told_as_delayed() -> None:
    """The rest is shown; the entry, which names all, is not."""
    (line,) = lines(released(notices={"health": LATER}))

    assert sources(line) == ["education"]
    assert line.delays == [DELAY]
    assert not line.entry


def test_a_delay_ends() -> None:
    """From its end on the line is as any other."""
    (line,) = lines(released(notices={"health": LATER}), days=30)

    assert sources(line) == ["health", "education"]
    assert line.entry
    assert not line.delays


def test_an_exchange_that_is_delayed_as_a_whole_shows_its_delay_alone() -> None:
    """Neither who asked nor when is told before."""
    (line,) = lines(released(notices={"health": LATER, "education": LATER}))

    assert line.recorded is None
    assert line.delays == [DELAY]


def test_what_the_law_forbids_to_tell_is_left_out_for_ever() -> None:
    """A year later nothing is told of it either."""
    (line,) = lines(released(notices={"health": NEVER}), days=365)

    assert sources(line) == ["education"]
    assert not line.entry
    assert not line.delays


def test_an_exchange_that_may_never_be_told_leaves_no_line() -> None:
    """Not even that there is something."""
    assert lines(released(notices={"health": NEVER, "education": NEVER}), days=365) == []


def test_an_exchange_never_told_is_not_told_by_a_second_reading() -> None:
    """Reading it again gives it no line."""
    again = entry(Kind.DELIVERY, exchange_id="exchange-1", result="read-again")

    assert lines(released(notices={"health": NEVER, "education": NEVER}), again) == []


def test_a_refusal_is_told() -> None:
    """Somebody asked, and got nothing."""
    (line,) = lines(entry(Kind.REFUSAL, exchange_id="exchange-1", result="refused", reason="internal"))

    assert line.recorded is not None
    assert sources(line) == []


def test_a_refusal_that_may_not_be_told_is_held_back_whole() -> None:
    """It names no source, so nothing of it can be shown without the rest."""
    refusal = entry(
        Kind.REFUSAL, exchange_id="exchange-1", result="refused", details={"notices": {"health": NEVER}}
    )

    assert lines(refusal) == []


def test_an_intent_alone_is_not_told_yet() -> None:
    """Its end says what became of it."""
    assert lines(entry(Kind.INTENT, exchange_id="exchange-1")) == []
