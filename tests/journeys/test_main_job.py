"""One person's social history: asked for, answered, sealed, recorded, proved."""

from __future__ import annotations

import json
from pathlib import Path

from tests.journeys.history import HISTORY, STRANGERS
from tests.journeys.house import MARIA, House, query_of
from tests.journeys.streaming import stream_events


async def test_a_case_worker_gets_the_whole_history_in_one_request(house: House) -> None:
    """Every source answers, if only that it does not know her, and each fact names its source and date."""
    response = await house.ask()
    answer = response.json()

    assert response.status_code == 200
    assert set(answer["sources"]) == HISTORY
    assert {name for name, line in answer["sources"].items() if line["status"] == "unknown"} == STRANGERS
    assert {line["status"] for line in answer["sources"].values()} == {"answered", "unknown"}
    assert answer["fields"]["education.status"]["value"] == "studying"
    assert all(fact["source"] and fact["as_of"] for fact in answer["fields"].values())
    assert answer["contract"]["digest"].startswith("sha-256:")


async def test_marked_fields_leave_only_for_the_recipients_key(house: House) -> None:
    """The disability group is nowhere in the answer but in the JWE, which the agency's key opens."""
    answer = (await house.ask()).json()
    opened = house.opened(answer)

    assert "health.disability_group" not in answer["fields"]
    assert {"health.disability_group", "health.functional_assessment"} <= set(answer["sealed"]["fields"])
    assert opened["health.disability_group"][0]["value"] == "2"


async def test_the_receipt_is_verified_offline(house: House, tmp_path: Path) -> None:
    """The exported record is whole and holds the release that the receipt promises."""
    answer = (await house.ask()).json()
    report = await house.verified(tmp_path, answer)

    assert report.ok, report.as_json()
    assert report.receipts == 1


async def test_the_record_has_the_intent_before_the_release(house: House) -> None:
    """Both entries name agency, official, case, purpose, ground and fields, and no value."""
    answer = (await house.ask()).json()
    events = [e for e in await house.events(case=answer["case"]) if e["exchange_id"] == answer["exchange_id"]]

    assert [event["kind"] for event in events] == ["intent", "release"]
    assert events[1]["index"] == answer["receipt"]["index"]
    assert events[1]["official"] == "worker-17"
    assert MARIA not in json.dumps(events)
    assert "Бондаренко" not in json.dumps(events, ensure_ascii=False)


async def test_each_source_is_told_as_it_arrives(house: House) -> None:
    """The stream has one event for each source, without a word of the person, and then the answer."""
    response = await house.ask(Accept="text/event-stream")
    events = stream_events(response.text)
    told = [content for name, content in events if name == "source"]

    assert [name for name, _ in events] == ["source"] * len(HISTORY) + ["answer"]
    assert all(set(content) <= {"source", "status", "took_ms", "reason"} for content in told)
    assert events[-1][1]["receipt"]["index"] >= 0


async def test_an_answer_can_be_fetched_later(house: House) -> None:
    """`Prefer: respond-async` answers 202 with a place where the same answer is found."""
    accepted = await house.ask(Prefer="respond-async")
    answer = await house.fetched(accepted.headers["location"])

    assert accepted.status_code == 202
    assert answer.status_code == 200
    assert answer.json()["fields"]["person.family_name"]["value"] == "Бондаренко"


async def test_the_same_answer_is_read_again_with_the_same_receipt(house: House) -> None:
    """A kept answer is the one that was given, receipt included, and reading it is on record."""
    first = (await house.ask()).json()
    again = await house.http.get(f"/v1/social-history/{first['exchange_id']}", headers=await house.bearer())
    kinds = [e["result"] for e in await house.events() if e["exchange_id"] == first["exchange_id"]]

    assert again.json() == first
    assert kinds[-1] == "read-again"


async def test_another_agencys_exchange_is_not_found(house: House) -> None:
    """An unknown exchange and somebody else's look the same."""
    first = (await house.ask()).json()
    portal = await house.bearer("person-portal")
    foreign = await house.http.get(f"/v1/social-history/{first['exchange_id']}", headers=portal)
    unknown = await house.http.get("/v1/social-history/0192", headers=await house.bearer())

    assert foreign.status_code == 403
    assert unknown.status_code == 404


async def test_the_purpose_decides_which_fields_are_given(house: House) -> None:
    """Crisis intervention gets visibly fewer fields than a needs assessment, and no health data."""
    assessment = (await house.ask()).json()
    crisis = (await house.ask(query_of(purpose="crisis-intervention"))).json()

    assert set(crisis["fields"]) == {
        "border.abroad", "donors.last_aid_on", "education.status", "employment.status",
    }  # fmt: skip
    assert set(crisis["fields"]) < set(assessment["fields"])
    assert "sealed" not in crisis


async def test_a_query_narrows_and_never_widens(house: House) -> None:
    """Sources and fields named by the query narrow the contract; one outside it refuses the query."""
    narrowed = (await house.ask(query_of(sources=["education"], fields=["education.status"]))).json()
    outside = await house.ask(query_of(purpose="crisis-intervention", fields=["education.institution"]))

    assert set(narrowed["fields"]) == {"education.status"}
    assert outside.status_code == 403


async def test_the_preview_says_what_would_be_given_without_asking(house: House) -> None:
    """The preview names fields, grounds and the consent text, and asks no registry."""
    response = await house.http.post(
        "/v1/social-history/preview", json=query_of(), headers=await house.bearer()
    )
    shown = response.json()
    kinds = {event["kind"] for event in await house.events() if event["exchange_id"]}

    assert shown["permitted"]
    assert shown["sources"]["health"]["ground"]["kind"] == "consent"
    assert shown["sources"]["health"]["sealed"] == ["health.disability_group", "health.functional_assessment"]
    assert set(shown["consent_text"]) == {"uk", "en"}
    assert "intent" not in kinds
