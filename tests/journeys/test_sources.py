"""Registries that fail: the others' part of the history stands, and says honestly what is missing."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.simulation import Kind
from config.settings import PACKAGE
from contracts.vocabulary import Source
from tests.journeys.history import ASKED
from tests.journeys.house import House, open_house, query_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

REASONS = {
    Kind.SLOW: "timed-out",
    Kind.HANG: "timed-out",
    Kind.DOWN: "source-failed",
    Kind.FAULT: "source-failed",
    Kind.GARBAGE: "unreadable",
    Kind.TRUNCATED: "disconnected",
    Kind.HUGE: "too-large",
    Kind.WRONG_PERSON: "wrong-person",
}
CONTRACT = "case-system-needs-assessment.toml"


def _break(house: House, kind: Kind, *sources: str) -> None:
    for source in sources:
        house.faults.set(Source(source), kind)


def _mend(house: House) -> None:
    for source in ASKED:
        house.faults.clear(Source(source))


@pytest_asyncio.fixture(loop_scope="module")
async def house(common: House) -> AsyncIterator[House]:
    """Give the module's house, and mend its registries afterwards."""
    yield common
    _mend(common)


@pytest.mark.parametrize("kind", REASONS)
async def test_a_failing_source_is_told_and_the_others_stand(house: House, kind: Kind) -> None:
    """One source fails in one way: its line has reason and next step, all others answer."""
    _break(house, kind, "education")
    response = await house.ask()
    answer = response.json()
    failed = {name for name, line in answer["sources"].items() if line["status"] == "unavailable"}
    education = answer["sources"]["education"]

    assert response.status_code == 200
    assert failed == {"education"}
    assert (education["status"], education["reason"]) == ("unavailable", REASONS[kind])
    assert education["next"]
    assert not any(field.startswith("education.") for field in answer["fields"])


@pytest.mark.parametrize("kind", [kind for kind in REASONS if kind is not Kind.SLOW])
async def test_a_failure_is_read_alike_over_every_protocol(house: House, kind: Kind) -> None:
    """Whatever they speak, one reason; an empty history is an honest answer, with its receipt."""
    _break(house, kind, *ASKED)
    answer = (await house.ask(query_of(sources=sorted(ASKED)))).json()

    assert {line["reason"] for line in answer["sources"].values()} == {REASONS[kind]}
    assert (answer["fields"], answer["conflicts"]) == ({}, [])
    assert answer["receipt"]["index"] > 0


async def test_a_source_that_hangs_holds_up_no_other_caller(house: House) -> None:
    """While one query waits for a hanging registry, another that does not need it is answered."""
    _break(house, Kind.HANG, "border")
    waiting = asyncio.create_task(house.ask())
    await house.underway()
    other = await house.ask(query_of(sources=["education", "donors"]))
    before = waiting.done()
    late = (await waiting).json()

    assert {line["status"] for line in other.json()["sources"].values()} == {"answered"}
    assert not before
    assert late["sources"]["border"]["reason"] == "timed-out"


async def test_the_text_of_a_fault_goes_nowhere(house: House) -> None:
    """A fault that names the person is a code in the answer, in the log and in the record."""
    _break(house, Kind.FAULT, *ASKED)
    answer = await house.ask()
    story = await house.story(answer.json()["exchange_id"])

    assert "Бондаренко" not in answer.text
    assert "Бондаренко" not in house.logs.getvalue()
    assert "19900903-13025" not in house.logs.getvalue() + answer.text
    assert "Бондаренко" not in str(story)


async def test_another_persons_record_is_blocked_counted_and_alarmed(house: House) -> None:
    """Nothing of it is given; the record has an alarm before the release, the metrics count it."""
    before = await house.metric('obmin_source_findings_total{reason="wrong-person",source="donors"')
    _break(house, Kind.WRONG_PERSON, "donors")
    answer = (await house.ask()).json()
    story = await house.story(answer["exchange_id"])
    after = await house.metric('obmin_source_findings_total{reason="wrong-person",source="donors"')

    assert answer["sources"]["donors"]["reason"] == "wrong-person"
    assert "donors.aid" not in answer["fields"]
    assert [event["kind"] for event in story] == ["intent", "alarm", "release"]
    assert (story[1]["reason"], story[1]["details"]["source"]) == ("wrong-person", "donors")
    assert story[1]["details"]["message_id"] == answer["sources"]["donors"]["message_id"]
    assert after - before == 1


async def test_a_source_that_was_down_is_asked_again(house: House) -> None:
    """Nothing of a failure is remembered against it: the next query finds it well."""
    _break(house, Kind.DOWN, "health")
    without = (await house.ask()).json()
    _mend(house)
    answer = (await house.ask()).json()

    assert without["sources"]["health"]["status"] == "unavailable"
    assert answer["sources"]["health"]["status"] == "answered"


async def test_the_health_of_sources_is_told(house: House) -> None:
    """`/v1/sources` has state, share of failures, percentiles and last answer of each source."""
    _break(house, Kind.DOWN, "employment")
    await asyncio.gather(*(house.ask(query_of(sources=["employment"])) for _ in range(10)))
    await house.ask(query_of(sources=["donors"]))
    lines = {line["source"]: line for line in (await house.get("/v1/sources")).json()["sources"]}

    assert lines["employment"]["state"] == "down"
    assert lines["employment"]["failed"] >= 10
    assert set(lines["donors"]["latency_ms"]) == {"p50", "p95", "p99"}
    assert lines["donors"]["last_answer"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demanding(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a house whose contract requires education, within half a second."""
    folder = tmp_path_factory.mktemp("demanding")
    library = Path(shutil.copytree(PACKAGE / "contracts" / "library", folder / "library"))
    text = (library / CONTRACT).read_text("utf-8")
    before, section, after = text.partition("[terms.education]")
    required = after.replace("required = false", "required = true", 1)
    (library / CONTRACT).write_text(before + section + required.replace('"3 s"', '"500 ms"', 1), "utf-8")
    async with open_house(folder / "deployment", contracts=library) as opened:
        yield opened
        _mend(opened)


async def test_a_silent_required_source_refuses_the_query(demanding: House) -> None:
    """502, an intent and a refusal on record, and no release."""
    _break(demanding, Kind.HANG, "education")
    response = await demanding.ask()
    _mend(demanding)
    story = await demanding.story(response.json()["instance"])

    assert response.status_code == 502
    assert response.json()["type"] == "/problems/required-source-silent"
    assert [(event["kind"], event["reason"]) for event in story] == [
        ("intent", ""),
        ("refusal", "timed-out"),
    ]


async def test_another_persons_record_from_a_required_source_is_alarmed_too(demanding: House) -> None:
    """The query is refused, and the record has the alarm that it was refused for."""
    _break(demanding, Kind.WRONG_PERSON, "education")
    response = await demanding.ask()
    _mend(demanding)
    story = await demanding.story(response.json()["instance"])

    assert response.status_code == 502
    assert [(event["kind"], event["reason"]) for event in story] == [
        ("intent", ""),
        ("alarm", "wrong-person"),
        ("refusal", "wrong-person"),
    ]


async def test_a_required_source_may_say_that_it_knows_nobody(demanding: House) -> None:
    """Unknown is an answer, required or not; a silent source that is not required refuses nothing."""
    _break(demanding, Kind.DOWN, "health", "border", "employment", "donors")
    answer = await demanding.ask()
    _mend(demanding)

    assert answer.status_code == 200
    assert answer.json()["sources"]["education"]["status"] == "answered"


async def test_our_own_fault_is_not_kept_behind_a_key(demanding: House) -> None:
    """What ended in a 502 had no effect: the same key asks anew, once the source is back."""
    key = str(uuid.uuid4())
    _break(demanding, Kind.DOWN, "education")
    first = await demanding.ask(Idempotency_Key=key)
    _mend(demanding)
    again = await demanding.ask(Idempotency_Key=key)

    assert (first.status_code, again.status_code) == (502, 200)
