"""A well-signed log can still tell an unlawful story; each kind is told by its code."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.event import Event, Kind
from audit.verify import verify
from tests.unit.audit.folders import SECOND, altered, story, write_log
from tests.unit.audit.records import NOW, SIGNER, event

HONEST = asyncio.run(story(2, 1))
INTENT, RELEASE = HONEST[0], HONEST[1]
TOLD: Mapping[str, Any] = Event.parse(RELEASE).details
EDUCATION, HEALTH = TOLD["sources"]
ASKED: Mapping[str, Any] = Event.parse(INTENT).details


def telling(*sources: Mapping[str, Any], **members: Any) -> bytes:
    """Give the release with other sources or details."""
    return altered(RELEASE, details={**TOLD, "sources": list(sources), **members})


def check(folder: Path, entries: list[bytes]) -> list[tuple[int | None, str]]:
    """Sign the entries as a log and give what is wrong with it."""
    write_log(folder, entries)
    report = verify(folder, vkey=str(SIGNER.verifier))
    return [(problem.index, problem.what) for problem in report.problems]


def test_an_honest_story_is_told_without_a_problem(tmp_path: Path) -> None:
    """Two exchanges and a reading are fine as they are."""
    assert check(tmp_path, HONEST) == []


@pytest.mark.parametrize(
    ("release", "what"),
    [
        (altered(RELEASE, official="somebody-else"), "release-differs-from-intent"),
        (altered(RELEASE, subject_ref="somebody-else"), "release-differs-from-intent"),
        (altered(RELEASE, purpose="curiosity"), "release-differs-from-intent"),
        (altered(RELEASE, contract="sha-256:01"), "release-differs-from-intent"),
        (telling(EDUCATION, HEALTH, intent=7), "release-names-other-intent"),
        (telling({**HEALTH, "fields": ["health.diagnosis"]}), "release-beyond-intent"),
        (telling({**HEALTH, "fields": [*HEALTH["fields"], "x"]}), "release-beyond-intent"),
        (telling({**HEALTH, "fields": "everything"}), "release-beyond-intent"),
        (telling({**HEALTH, "source": "border"}), "release-beyond-intent"),
        (telling({**HEALTH, "ground": None}), "release-without-ground"),
        (telling({**HEALTH, "ground": {}}), "release-without-ground"),
        (
            telling({**HEALTH, "ground": {"kind": "law", "id": "", "citation": ""}}),
            "release-without-ground",
        ),
        (
            telling({**HEALTH, "ground": {"kind": "", "id": "c", "citation": ""}}),
            "release-without-ground",
        ),
        (telling({**HEALTH, "ground": EDUCATION["ground"]}), "release-on-other-ground"),
    ],
)
def test_a_release_beyond_its_intent_is_told(tmp_path: Path, release: bytes, what: str) -> None:
    """Another person, purpose, field, source or ground than was intended is named at the release."""
    assert check(tmp_path, [INTENT, release]) == [(1, what)]


OPEN = event(Kind.INTENT, "open", NOW).canonical()
LATE = [
    event(Kind.READ, at=NOW + timedelta(minutes=9, seconds=59)).canonical(),
    event(Kind.READ, at=NOW + timedelta(minutes=10)).canonical(),
]


@pytest.mark.parametrize(
    ("entries", "problems"),
    [
        ([RELEASE], [(0, "release-without-intent")]),
        ([INTENT, RELEASE, RELEASE], [(2, "release-without-intent")]),
        ([INTENT, altered(RELEASE, exchange_id="other")], [(1, "release-without-intent")]),
        ([INTENT, INTENT, altered(RELEASE, details={**TOLD, "intent": 1})], [(1, "intent-twice")]),
        ([OPEN], []),
        ([OPEN, LATE[0]], []),
        ([OPEN, LATE[1]], [(0, "intent-without-end")]),
        ([OPEN, event(Kind.ABANDONED, "open", NOW).canonical(), LATE[1]], []),
        ([OPEN, event(Kind.REFUSAL, "open", NOW).canonical(), LATE[1]], []),
        ([OPEN, event(Kind.DELIVERY, "open", NOW).canonical(), LATE[1]], [(0, "intent-without-end")]),
        ([LATE[1], event(at=NOW + timedelta(minutes=5)).canonical()], []),
        ([LATE[1], event(at=NOW + timedelta(minutes=5) - SECOND).canonical()], [(1, "time-runs-back")]),
        ([altered(INTENT, details={}), RELEASE], [(1, "release-beyond-intent")] * 2),
        ([altered(INTENT, details={"sources": 1}), RELEASE], [(1, "release-beyond-intent")] * 2),
        ([altered(INTENT, details={"sources": [1, {}]}), RELEASE], [(1, "release-beyond-intent")] * 2),
        ([b"{}"], [(0, "not-an-event")]),
        ([INTENT.replace(b'":', b'" :', 1)], [(0, "not-canonical")]),
        ([b"\0\n\x1b[31m\xed\xa0\x80"], [(0, "not-json")]),
        ([b" " * 16385], [(0, "event-too-large")]),
    ],
)
def test_an_unlawful_order_of_entries_is_told(
    tmp_path: Path, entries: list[bytes], problems: list[tuple[int, str]]
) -> None:
    """Releases without intents, intents without ends, time running back and unreadable entries are named."""
    assert check(tmp_path, entries) == problems


def test_open_intents_are_told_with_their_age(tmp_path: Path) -> None:
    """An intent that may yet end is no problem, but is listed with its age in seconds."""
    write_log(tmp_path, [OPEN, LATE[0]])
    report = verify(tmp_path, vkey=str(SIGNER.verifier))

    assert report.ok
    assert [intent.as_json() for intent in report.open_intents] == [
        {"index": 0, "exchange_id": "open", "age": 599}
    ]


def test_the_permitted_difference_of_clocks_is_the_callers(tmp_path: Path) -> None:
    """A caller who knows that clocks agree can ask for more."""
    write_log(tmp_path, [LATE[1], LATE[0]])
    report = verify(tmp_path, vkey=str(SIGNER.verifier), skew=timedelta(0))

    assert [problem.what for problem in report.problems] == ["time-runs-back"]


def test_problems_are_counted_beyond_those_that_are_kept(tmp_path: Path) -> None:
    """A log that is all wrong neither fills the memory nor hides how much is wrong."""
    write_log(tmp_path, [altered(RELEASE, id=str(number)) for number in range(150)])
    report = verify(tmp_path, vkey=str(SIGNER.verifier))

    assert (report.problem_count, len(report.problems)) == (150, 100)
