"""An offer from the form to the parcel, as partner and case worker see it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.journeys.house import House, query_about
from tests.journeys.offering import form, held, holding, need, published


async def test_an_offer_goes_from_the_form_to_a_delivered_parcel(house: House) -> None:
    """Submitted, published, found with reasons, held, confirmed, accepted, delivered: and counted."""
    offer = await published(house)
    found = (await house.post("/v1/offers/search", need())).json()
    hold = await held(house, offer)
    confirmed = await house.post(f"/v1/holds/{hold}/confirmation", {})
    wanted = (await house.get(f"/v1/offers/{offer}/requests", "partner")).json()["requests"]
    accepted = await house.post(f"/v1/allocations/{hold}/acceptance", {}, "partner")
    delivered = await house.post(f"/v1/allocations/{hold}/delivery", {}, "partner")
    after = (await house.get(f"/v1/offers/{offer}", "partner")).json()

    assert [match["offer"] for match in found["matches"]] == [offer]
    assert found["matches"][0]["reasons"] == ["area", "children", "quantity"]
    assert confirmed.json()["state"] == "confirmed"
    assert wanted[0]["age_band"] == "18-59"
    assert not wanted[0].keys() & {"subject_ref", "case", "official", "agency", "subject"}
    assert (accepted.json()["state"], delivered.json()["state"]) == ("accepted", "delivered")
    assert (after["available"], after["reserved"], after["delivered"]) == (39, 0, 1)


async def test_a_near_miss_says_what_stands_in_the_way(house: House) -> None:
    """An offer whose criteria the person does not meet is shown apart, with the criterion."""
    await published(house)
    found = (await house.post("/v1/offers/search", need(person={"youngest": 9}))).json()

    assert not found["matches"]
    assert found["near_misses"][0]["against"] == ["children"]


async def test_an_unknown_fact_meets_no_criterion(house: House) -> None:
    """Where nothing is said of children, an offer for families with some is a near miss."""
    await published(house)
    found = (await house.post("/v1/offers/search", need(person={}))).json()

    assert not found["matches"]
    assert found["near_misses"][0]["against"] == ["children"]


async def test_nearer_offers_come_first(house: House) -> None:
    """An offer for the city stands before one for the whole oblast."""
    wide = await published(house, external_id="wide", areas=["UA18000000000041385"])
    close = await published(house, "second-partner", external_id="close")
    found = (await house.post("/v1/offers/search", need())).json()

    assert [match["offer"] for match in found["matches"]] == [close, wide]


async def test_the_same_help_for_the_same_family_is_told_to_the_case_worker(house: House) -> None:
    """A second hold of food says who had promised it; the partner learns nothing of it."""
    first = await published(house)
    second = await published(house, "second-partner")
    await held(house, first)
    again = await house.post(f"/v1/offers/{second}/holds", holding())
    seen = await house.get(f"/v1/offers/{second}/requests", "second-partner")

    assert [(help_had["partner"], help_had["whose"]) for help_had in again.json()["same_help"]] == [
        ("partner", "person")
    ]
    assert seen.json()["requests"] == []


async def test_facts_for_a_search_are_taken_from_the_history(house: House) -> None:
    """The children's ages come from the history named; the record names the fields, and no other was used."""
    history = (await house.ask()).json()["exchange_id"]
    offer = await published(house, criteria={"children_under": 6, "factors": ["war-damage"]})
    found = (await house.post("/v1/offers/search", need(person={}, exchange_id=history))).json()
    (told,) = await house.events(kind="offer", outcome="searched")

    assert [match["offer"] for match in found["matches"]] == [offer]
    assert told["exchange_id"] == history
    assert told["details"]["fields"] == [
        "civil.relatives",
        "displaced.active",
        "employment.status",
        "person.birth_date",
        "restoration.home_lost",
    ]
    assert told["contract"]


async def test_a_history_is_used_again_only_where_it_would_be_given_now(house: House) -> None:
    """Another official, another case, an unknown history: nothing of it is used."""
    history = (await house.ask()).json()["exchange_id"]
    await published(house)
    tries = [
        await house.post("/v1/offers/search", need(exchange_id=history, official={"id": "worker-99"})),
        await house.post("/v1/offers/search", need(exchange_id=history, case="KYIV-2026-000124")),
        await house.post("/v1/offers/search", need(exchange_id="0193-unknown")),
    ]
    refused = await house.events(kind="refusal")

    assert [response.status_code for response in tries] == [403, 404, 404]
    assert [event["reason"] for event in refused] == ["official-not-on-case"]


async def test_the_same_help_for_a_husband_is_seen_by_what_civil_status_said(house: House) -> None:
    """Nobody said who lives with whom: the histories of both name each other, and the worker is told."""
    hers, his = (await house.ask()).json(), (await house.ask(query_about("andrii"))).json()
    first = await published(house)
    second = await published(house, "second-partner")
    await held(house, first, exchange_id=hers["exchange_id"])
    about = {name: query_about("andrii")[name] for name in ("subject", "case", "official")}
    again = await house.post(
        f"/v1/offers/{second}/holds", holding(**about, exchange_id=his["exchange_id"], sex="male")
    )

    assert [help_had["whose"] for help_had in again.json()["same_help"]] == ["family"]
    assert "БОНДАРЕНКО" not in await house.stored("SELECT * FROM kin")


async def test_help_that_was_given_is_part_of_the_history(house: House) -> None:
    """What a partner delivered stands in the history beside what the outside register of aid says."""
    hold = await held(house, await published(house))
    await house.post(f"/v1/holds/{hold}/confirmation", {})
    before = (await house.ask()).json()["fields"]["donors.aid"]["value"]
    await house.post(f"/v1/allocations/{hold}/delivery", {}, "partner")
    answer = (await house.ask()).json()["fields"]

    assert len(before) == 2
    assert [each["category"] for each in answer["donors.aid"]["value"]] == [
        *(each["category"] for each in before),
        "food",
    ]
    assert answer["donors.last_aid_on"]["value"] == answer["donors.aid"]["value"][-1]["given_on"]


async def test_the_last_place_goes_to_one_of_two_workers(house: House) -> None:
    """Two workers hold the last one at once: one has it, the other is told that nothing is left."""
    offer = await published(house, quantity=1)
    both = await asyncio.gather(*(house.post(f"/v1/offers/{offer}/holds", holding()) for _ in range(2)))

    assert sorted(response.status_code for response in both) == [201, 409]


async def test_a_released_hold_is_there_for_others(house: House) -> None:
    """What is given back can be held again, and the offer is open again."""
    offer = await published(house, quantity=1)
    hold = await held(house, offer)
    exhausted = (await house.get(f"/v1/offers/{offer}", "partner")).json()
    released = await house.http.delete(f"/v1/holds/{hold}", headers=await house.bearer())
    again = await house.post(f"/v1/offers/{offer}/holds", holding())

    assert exhausted["state"] == "exhausted"
    assert released.status_code == 204
    assert again.status_code == 201


async def test_another_partners_offer_is_not_found(house: House) -> None:
    """An offer, its requests and its changes are its own partner's alone."""
    offer = await published(house)
    tries = [
        await house.get(f"/v1/offers/{offer}", "second-partner"),
        await house.get(f"/v1/offers/{offer}/requests", "second-partner"),
        await house.post(f"/v1/offers/{offer}/withdrawal", {}, "second-partner"),
    ]

    assert [response.status_code for response in tries] == [404, 404, 404]


async def test_the_same_form_is_taken_once_and_another_under_its_id_refused(house: House) -> None:
    """A repetition gives the offer that is on file; other content under one external id is a conflict."""
    first = await house.post("/v1/offers", form(), "partner")
    again = await house.post("/v1/offers", form(), "partner")
    other = await house.post("/v1/offers", form(quantity=41), "partner")

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"areas": ["UA99000000000000000"]}, "/areas/0", "unknown-area"),
        ({"valid_until": "2025-12-31"}, "/valid_until", "before-valid-from"),
        ({"quantity": -1}, "/quantity", "greater-than-equal"),
        ({"quantity": 1.5}, "/quantity", "int-type"),
        ({"category": "cake"}, "/category", "unknown-category"),
        ({"description": "<b>free</b>"}, "/description", "string-pattern-mismatch"),
        (
            {"criteria": {"sex": "female", "age_from": 87, "age_to": 87}},
            "/areas/0",
            "criteria-too-narrow",
        ),
        ({"value": 5}, "/currency", "one-without-the-other"),
        ({"iati": "XM-DAC/1"}, "/iati", "not-an-iati-identifier"),
    ],
)
async def test_a_form_is_refused_with_the_member_and_why(
    house: House, changes: dict[str, Any], pointer: str, code: str
) -> None:
    """Unknown area, inverted dates, odd amounts, HTML, criteria that select one person: each is named."""
    refused = await house.post("/v1/offers", form(**changes), "partner")

    assert refused.status_code == 422
    assert {"pointer": pointer, "code": code} in refused.json()["errors"]


async def test_a_change_needs_the_current_version_and_keeps_promises(house: House) -> None:
    """An old ETag is refused, and so is a total below what is promised; a larger one is taken."""
    offer = await published(house, quantity=2)
    await held(house, offer)
    bearer = await house.bearer("partner")
    path = f"/v1/offers/{offer}"
    stale = await house.http.patch(path, json={"quantity": 3}, headers={**bearer, "If-Match": '"1"'})
    await held(house, offer, quantity=1)
    less = await house.http.patch(path, json={"quantity": 1}, headers=bearer)
    more = await house.http.patch(path, json={"quantity": 5}, headers=bearer)

    assert (stale.status_code, less.status_code, more.status_code) == (412, 409, 200)
    assert (more.json()["state"], more.json()["available"]) == ("published", 3)


async def test_a_search_elsewhere_finds_only_near_misses(house: House) -> None:
    """An offer for another hromada of the raion is a near miss by its area."""
    await published(house, areas=["UA18020010010097402"], criteria={})
    found = (await house.post("/v1/offers/search", need(area="UA18020030010047029", person={}))).json()

    assert not found["matches"]
    assert [miss["against"] for miss in found["near_misses"]] == [["area"]]


async def test_what_was_wanted_in_vain_today_is_told_another_day(house: House) -> None:
    """A search that finds nothing is counted, and no partner can tell who has just been there."""
    await house.post("/v1/offers/search", need(category="repair"))
    seen = await house.get("/v1/offers/demand", "partner")

    assert seen.json() == {"demand": []}
    assert "repair none 1" in await house.stored("SELECT category, reason, count FROM unmet_needs")
