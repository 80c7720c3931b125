"""A register's entry that is wrong: reported by who was told it, recorded, listed, read by its agency."""

from __future__ import annotations

import pytest

from tests.journeys.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = "/v1/corrections"
WORDS = "Канарейка-Виправлення: особа вступила до іншого закладу."


async def told(house: House, **changes: object) -> dict[str, object]:
    """Ask for the main person's history and give a request about a field of it."""
    answer = (await house.ask()).json()
    return {
        "exchange_id": answer["exchange_id"],
        "source": "education",
        "field": "education.institution",
        "official": {"id": "worker-17"},
        "statement": WORDS,
        **changes,
    }


async def test_a_correction_is_recorded_and_read_back(house_of: House) -> None:
    """It has a place; its words come back to the agency that wrote them, and the reading is recorded."""
    made = await house_of.post(PLACE, await told(house_of))
    shown = await house_of.get(made.headers["location"])
    events = await house_of.events(exchange_id=made.json()["exchange_id"])

    assert made.status_code == 201
    assert made.json()["register"]["en"] == "State education database"
    assert (made.json()["field"], made.json()["state"]) == ("education.institution", "recorded")
    assert shown.json() == {**made.json(), "statement": WORDS}
    assert [event["kind"] for event in events][-2:] == ["correction", "read"]


async def test_the_words_lie_nowhere_in_the_open(house_of: House) -> None:
    """The record, the database and the log have the request and not what it says."""
    made = await house_of.post(PLACE, await told(house_of))
    kept = await house_of.stored("select * from audit_entries") + house_of.logs.getvalue() + made.text

    assert "education.institution" in kept
    assert "Канарейка" not in kept


async def test_requests_are_listed_in_pages(house_of: House) -> None:
    """An agency sees its own in the order of the record, an auditor everybody's, neither with words."""
    first = (await house_of.post(PLACE, await told(house_of))).json()
    second = (await house_of.post(PLACE, await told(house_of, field="education.status"))).json()
    everything = (await house_of.get(PLACE)).json()["corrections"]
    page = (await house_of.get(PLACE, limit="1", after=str(await _before(house_of, first["id"])))).json()
    audited = (await house_of.get(PLACE, agency="auditor")).json()["corrections"]

    assert [each["id"] for each in everything[-2:]] == [first["id"], second["id"]]
    assert [each["id"] for each in page["corrections"]] == [first["id"]]
    assert page["next"] is not None
    assert audited == everything
    assert all("statement" not in each for each in everything)


async def _before(house: House, correction_id: str) -> int:
    events = await house.events(kind="correction")
    return next(int(event["index"]) - 1 for event in events if event["id"] == correction_id)


async def test_a_repetition_makes_one_request(house_of: House) -> None:
    """The same key and body give the same request."""
    body = await told(house_of)
    one = await house_of.post(PLACE, body, Idempotency_Key="correction-1")
    two = await house_of.post(PLACE, body, Idempotency_Key="correction-1")

    assert one.json() == two.json()


@pytest.mark.parametrize(
    "changes",
    [
        {"field": "health.disability_group"},
        {"field": "person.unheard_of"},
        {"source": "health"},
        {"source": "nowhere"},
        {"statement": "   коротко  "},
        {"statement": "а" * 2001},
        {"note": "x"},
    ],
)
async def test_what_was_not_told_cannot_be_corrected(house_of: House, changes: dict[str, object]) -> None:
    """A field or source of which the release told nothing, or words that are none, is 422."""
    refused = await house_of.post(PLACE, await told(house_of, **changes))

    assert refused.status_code == 422


async def test_another_agencys_exchange_is_unknown(house_of: House) -> None:
    """Who was not told cannot report, and neither sees the other's requests."""
    unknown = await house_of.post(
        PLACE, await told(house_of, exchange_id="0197f0a0-0000-7000-8000-000000000000")
    )
    made = (await house_of.post(PLACE, await told(house_of))).json()
    foreign = await house_of.get(f"{PLACE}/{made['id']}", agency="partner")
    no_request = await house_of.get(f"{PLACE}/{made['exchange_id']}")

    assert (unknown.status_code, foreign.status_code, no_request.status_code) == (404, 404, 404)
