"""Emergency access: who may declare it, what it opens and for how long, and the review that must follow."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from gateway.storage.engine import Database
from gateway.storage.ground_tables import emergencies
from tests.journeys.house import House, query_about

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHY = "Found unconscious at home, no relative can be reached"
OFFICER = {"id": "worker-17", "role": "duty-officer", "second_factor": True}
OPENED = {"health.needs_care", "border.abroad"}
VERDICT = {"verdict": "justified", "note": "The ambulance report of the same evening confirms it."}


def _emergency(key: str, official: dict[str, Any] | None = None, reason: str = WHY) -> dict[str, Any]:
    return query_about(key, official=official or OFFICER, emergency={"reason": reason})


async def _declared(house: House, key: str) -> dict[str, Any]:
    response = await house.ask(_emergency(key))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def _reviewed(house: House, emergency: str, reviewer: str = "worker-18") -> int:
    body = {**VERDICT, "reviewer": reviewer}
    return (await house.post(f"/v1/emergencies/{emergency}/review", body)).status_code


async def _let_reviews_lapse(house: House) -> None:
    """Move the day of every review into the past."""
    database = Database(house.settings.database.url)
    try:
        await database.write(update(emergencies).values(review_due=1))
    finally:
        await database.close()


async def test_an_emergency_opens_its_own_fields_and_no_others(house_of: House) -> None:
    """Without a consent, on its own ground; declared on record before anybody was asked."""
    answer = await _declared(house_of, "amir")
    exchange = answer["exchange_id"]
    story = await house_of.story(exchange)
    [listed] = (await house_of.get("/v1/emergencies", unreviewed="true")).json()["emergencies"]
    why = (await house_of.get(f"/v1/emergencies/{exchange}/reason")).json()["reason"]
    done = [await _reviewed(house_of, exchange, who) for who in ("worker-17", "worker-18", "worker-18")]
    kinds = [(event["kind"], event["result"]) for event in story]

    assert set(answer["fields"]) <= OPENED
    assert (answer["ground"]["kind"], answer["ground"]["id"]) == ("emergency", exchange)
    assert kinds[:2] == [("emergency", "declared"), ("intent", "")]
    assert (listed["id"], listed["overdue"], listed["official"]) == (exchange, False, "worker-17")
    assert why == WHY
    assert WHY not in str(story)
    assert done == [409, 200, 409]


@pytest.mark.parametrize(
    ("official", "reason", "exact"),
    [
        ({**OFFICER, "role": None}, WHY, "emergency-role"),
        ({**OFFICER, "role": "trainee"}, WHY, "emergency-role"),
        ({**OFFICER, "second_factor": False}, WHY, "emergency-factor"),
        (OFFICER, "urgent", "emergency-reason"),
    ],
)
async def test_an_emergency_without_its_terms_is_none(
    house_of: House, official: dict[str, Any], reason: str, exact: str
) -> None:
    """No role, another role, no second factor, no reason: refused, on record, and nothing is declared."""
    refused = await house_of.ask(_emergency("ihor", official, reason))
    story = await house_of.story(refused.json()["instance"])

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/emergency-refused")
    assert [(event["kind"], event["reason"]) for event in story] == [("refusal", exact)]


async def test_a_contract_without_terms_knows_no_emergency(house_of: House) -> None:
    """A claim of emergency is never a way around a contract."""
    query = {**_emergency("nina"), "purpose": "crisis-intervention"}
    refused = await house_of.ask(query)
    story = await house_of.story(refused.json()["instance"])

    assert refused.json()["type"] == "/problems/not-permitted"
    assert story[-1]["reason"] == "emergency-not-in-contract"


async def test_within_its_hour_an_emergency_goes_on(house_of: House) -> None:
    """The same official, person and case: one declaration, one review, however often it is asked."""
    first, second = await _declared(house_of, "viktor"), await _declared(house_of, "viktor")
    declared = [
        event
        for event in await house_of.events(case=query_about("viktor")["case"])
        if event["result"] == "declared"
    ]
    reviewed = await _reviewed(house_of, first["exchange_id"])

    assert second["ground"]["id"] == first["exchange_id"]
    assert len(declared) == 1
    assert reviewed == 200


async def test_what_an_emergency_told_is_not_read_again_after_its_hour(house_of: House) -> None:
    """The answer is kept no longer than the emergency lasts."""
    answer = await _declared(house_of, "hanna")
    await _reviewed(house_of, answer["exchange_id"])
    kept = await house_of.stored(
        "SELECT exchanges.expires_at - emergencies.ends_at FROM exchanges "  # noqa: S608  constants
        f"JOIN emergencies ON emergencies.exchange_id = exchanges.id WHERE id = '{answer['exchange_id']}'"
    )

    assert kept == "0"


async def test_an_overdue_review_stops_the_agencys_next_emergency(house_of: House) -> None:
    """Until somebody has reviewed it, late or not; another agency's review is nobody's to give."""
    first = await _declared(house_of, "stepan")
    await _let_reviews_lapse(house_of)
    blocked = await house_of.ask(_emergency("lukian"))
    exact = (await house_of.story(blocked.json()["instance"]))[-1]["reason"]
    strange = await house_of.post(
        f"/v1/emergencies/{first['exchange_id']}/review", {**VERDICT, "reviewer": "x"}, "auditor"
    )
    listed = (await house_of.get("/v1/emergencies", "auditor", unreviewed="true")).json()["emergencies"]
    late = await _reviewed(house_of, first["exchange_id"])
    after = await house_of.ask(_emergency("lukian"))
    await _reviewed(house_of, after.json()["exchange_id"])

    assert (blocked.json()["type"], exact) == ("/problems/emergency-refused", "emergency-review-overdue")
    assert strange.status_code == 403
    assert [each["overdue"] for each in listed] == [True]
    assert (late, after.status_code) == (200, 200)
