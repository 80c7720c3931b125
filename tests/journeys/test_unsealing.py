"""Sealed parts of the record: two people, once, on record."""

from __future__ import annotations

import asyncio

from tests.journeys.house import House
from tests.journeys.oversight import ANNA, BORYS, NOTE, sealed_event, step, unsealing


async def test_two_people_read_a_sealed_part_once(house: House) -> None:
    """One asks, another agrees, the first reads; a second reading is a conflict."""
    request = await unsealing(house, await sealed_event(house))
    approved = await step(house, request, "approval", BORYS)
    read, again = await step(house, request, "opening", ANNA), await step(house, request, "opening", ANNA)
    recorded = await house.events(kind="unsealing")

    assert approved.json()["approved_by"] == "auditor/borys"
    assert read.json()["text"] == NOTE
    assert again.status_code == 409
    assert [event["result"] for event in recorded] == ["requested", "approved", "opened"]
    assert {event["official"] for event in recorded} == {"anna", "borys"}
    assert NOTE not in str(recorded)


async def test_nobody_agrees_to_her_own_request(house: House) -> None:
    """The same official is one person, at whichever agency."""
    request = await unsealing(house, await sealed_event(house))
    same = await step(house, request, "approval", ANNA)
    elsewhere = await step(house, request, "approval", ANNA, agency="operator")

    assert [same.status_code, elsewhere.status_code] == [409, 409]


async def test_nothing_is_read_before_a_second_person_agreed(house: House) -> None:
    """A request alone opens nothing."""
    request = await unsealing(house, await sealed_event(house))
    early = await step(house, request, "opening", ANNA)

    assert early.status_code == 409
    assert NOTE not in early.text


async def test_a_refused_request_opens_nothing(lite: House) -> None:
    """The second person said no, and nobody can say yes any more."""
    request = await unsealing(lite, await sealed_event(lite))
    await step(lite, request, "refusal", BORYS)
    approved, read = await step(lite, request, "approval", BORYS), await step(lite, request, "opening", ANNA)

    assert [approved.status_code, read.status_code] == [409, 409]


async def test_only_who_asked_reads(lite: House) -> None:
    """For everybody else there is no such request."""
    request = await unsealing(lite, await sealed_event(lite))
    await step(lite, request, "approval", BORYS)
    other = await step(lite, request, "opening", BORYS)
    operator = await step(lite, request, "opening", ANNA, agency="operator")

    assert other.status_code == 404
    assert operator.status_code == 403


async def test_a_hundred_readings_at_once_are_one(house: House) -> None:
    """However many ask at the same time, the text is given once."""
    request = await unsealing(house, await sealed_event(house))
    await step(house, request, "approval", BORYS)
    answers = await asyncio.gather(*(step(house, request, "opening", ANNA) for _ in range(100)))
    statuses = [answer.status_code for answer in answers]

    assert statuses.count(200) == 1
    assert statuses.count(409) == 99


async def test_a_repetition_does_not_keep_the_text(lite: House) -> None:
    """With an Idempotency-Key the text is given once, too, and is nowhere in the database."""
    request = await unsealing(lite, await sealed_event(lite))
    await step(lite, request, "approval", BORYS)
    first = await step(lite, request, "opening", ANNA, Idempotency_Key="k")
    again = await step(lite, request, "opening", ANNA, Idempotency_Key="k")
    kept = await lite.stored("SELECT reply FROM replies")

    assert first.json()["text"] == NOTE
    assert again.status_code == 409
    assert NOTE not in kept


async def test_an_entry_without_a_sealed_part_has_nothing_to_read(lite: House) -> None:
    """It looks like one that does not exist."""
    await lite.ask()
    event = (await lite.events(kind="release"))[0]["id"]
    body = {"event_id": event, "official": ANNA, "reason": "complaint-17"}
    refused = await lite.post("/v1/audit/unsealings", body, "auditor")

    assert refused.status_code == 404


async def test_what_waits_for_a_second_person_is_listed(lite: House) -> None:
    """Auditors and operators see it, and nothing of what is sealed."""
    request = await unsealing(lite, await sealed_event(lite))
    listed = (await lite.get("/v1/audit/unsealings", "operator")).json()["unsealings"]

    assert [each["id"] for each in listed] == [request]
    assert listed[0]["state"] == "requested"
