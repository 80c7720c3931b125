"""The auditor's bench: looking through, judging, sampling, following in time."""

from __future__ import annotations

import asyncio
from datetime import datetime

from audit.carried import undeclared
from audit.event import Event, Kind
from tests.journeys.house import CASE, MARIA, House, query_of
from tests.journeys.oversight import ANNA, NOTE, acquainted, erased, judged, ref_of, sealed_event, unsealing


def parsed(told: dict[str, object]) -> Event:
    """Read an event as auditors get it."""
    members = {name: value for name, value in told.items() if name not in {"index", "leaf_hash", "v"}}
    kind, at = Kind(str(members.pop("kind"))), datetime.fromisoformat(str(members.pop("at")))
    return Event(kind=kind, at=at, **members)  # type: ignore[arg-type]


async def test_an_official_who_asks_about_family_is_found(house: House) -> None:
    """The finding says why in both languages, names its evidence, and is an entry itself."""
    finding = await acquainted(house)
    recorded = await house.events(kind="finding", official="worker-17")

    assert finding["official"] == "worker-17"
    assert finding["why"]["en"] == "The official asked about somebody known in private: family."
    assert "family" in finding["why"]["uk"]
    assert recorded[0]["id"] == finding["id"]
    assert recorded[0]["details"]["by"] == "auditor"
    assert MARIA not in str(recorded)


async def test_the_same_evidence_is_found_once(lite: House) -> None:
    """Looking again raises nothing anew."""
    await acquainted(lite)
    again = await lite.post("/v1/audit/findings", {}, "auditor")

    assert again.json() == {"findings": []}


async def test_a_finding_is_judged_once(lite: House) -> None:
    """A verdict with its code is an entry; a second one is a conflict."""
    finding = await acquainted(lite)
    first, second = await judged(lite, finding), await judged(lite, finding, verdict="dismissed")
    listed = (await lite.get("/v1/audit/findings", "auditor", state="confirmed")).json()["findings"]

    assert first.status_code == 201
    assert first.json()["verdict"]["code"] == "own-family"
    assert second.status_code == 409
    assert [each["id"] for each in listed] == [finding["id"]]
    assert (await lite.get("/v1/audit/findings", "auditor", state="open", rule="acquainted")).json() == {
        "findings": []
    }


async def test_a_note_stands_nowhere_in_the_clear(house: House) -> None:
    """The record and the database hold ciphertext."""
    await sealed_event(house)
    entries = await house.stored("SELECT entry FROM audit_entries")

    assert NOTE not in entries
    assert "сестра" not in entries
    assert "sealed" in entries


async def test_a_note_needs_a_person_whose_key_seals_it(lite: House) -> None:
    """A finding about no single person takes a code alone."""
    for_nobody = {"verdict": "dismissed", "official": ANNA, "code": "training"}
    await lite.ask(query_of(purpose="crisis-intervention", case=None))
    found = await lite.post("/v1/audit/findings", {}, "auditor")

    assert found.status_code == 201
    assert (await judged(lite, {"id": "unknown"}, **for_nobody)).status_code == 404


async def test_only_auditors_sit_at_the_bench(lite: House) -> None:
    """No other role may look through the record."""
    looked = await lite.post("/v1/audit/findings", {}, "operator")
    drawn = await lite.post("/v1/audit/samples", {"each": 1}, "case-system")

    assert [looked.status_code, drawn.status_code] == [403, 403]


async def test_a_sample_can_be_drawn_again(house: House) -> None:
    """The plan is on record before the sample, and draws the same when the log has grown."""
    await asyncio.gather(*(house.ask() for _ in range(4)))
    first = (await house.post("/v1/audit/samples", {"each": 2}, "auditor")).json()
    await house.ask()
    plan = {"each": 2, "seed": first["plan"]["seed"], "size": first["plan"]["size"]}
    again = (await house.post("/v1/audit/samples", plan, "auditor")).json()
    recorded = (await house.events(kind="sample"))[0]

    assert len(first["agencies"]["case-system"]) == 2
    assert again["agencies"] == first["agencies"]
    assert recorded["details"] == first["plan"]


async def test_a_case_is_followed_in_time(lite: House) -> None:
    """One line for each exchange, with its outcome and each source's."""
    answer = (await lite.ask()).json()
    told = (await lite.get("/v1/audit/timeline", "auditor", case=CASE)).json()["chapters"]
    exchange = told[-1]

    assert exchange["exchange_id"] == answer["exchange_id"]
    assert (exchange["kind"], exchange["outcome"]) == ("exchange", "released")
    assert exchange["sources"]["health"] == "answered"
    assert told[0]["kind"] == "case"


async def test_a_timeline_needs_to_know_whose(lite: House) -> None:
    """The whole record is no timeline."""
    refused = await lite.get("/v1/audit/timeline", "auditor")

    assert refused.status_code == 422


async def test_words_are_found_within_another_filter(lite: House) -> None:
    """A field's name finds the events that tell of it; alone it would read the whole record."""
    await lite.ask()
    found = await lite.events(agency="case-system", text="disability_group released")
    alone = await lite.get("/v1/audit/events", "auditor", text="disability_group")

    assert [event["kind"] for event in found] == ["release"]
    assert alone.status_code == 422


async def test_everything_the_gateway_writes_is_as_the_table_says(house: House) -> None:
    """No entry of these stories lacks what an auditor may count on, or says more."""
    request = await unsealing(house, await sealed_event(house))
    await house.post(f"/v1/audit/unsealings/{request}/approval", {"official": {"id": "borys"}}, "operator")
    await house.post(f"/v1/audit/unsealings/{request}/opening", {"official": ANNA}, "auditor")
    await house.post("/v1/audit/samples", {"each": 1}, "auditor")
    await house.post("/v1/statements", {"subject": {"scheme": "rnokpp", "value": MARIA}}, "person-portal")
    hold = {"subject_ref": await ref_of(house, "nazar"), "citation": "Суд, № 1", "official": {"id": "olha"}}
    await house.post("/v1/holds", hold, "operator")
    await erased(house)
    await house.ask(query_of(case="KYIV-2026-999999"))
    answer = (await house.ask()).json()
    await house.get(f"/v1/social-history/{answer['exchange_id']}")
    events = await house.events()
    strays = {event["kind"]: undeclared(parsed(event)) for event in events if undeclared(parsed(event))}

    assert strays == {}
    assert {"finding", "unsealing", "sample", "statement", "hold", "erasure"} <= {e["kind"] for e in events}
