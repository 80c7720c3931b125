"""A person objects, complains or asks for a correction, and somebody has to answer."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from tests.journeys.house import House, query_about
from tests.journeys.oversight import ref_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = "Ця установа не веде мого випадку, я заперечую"
REASONS = "Перевірили: випадок відкрито за вашою заявою"


async def _asked_about(house: House, key: str) -> str:
    answer = await house.ask(query_about(key))
    exchange: str = answer.json()["exchange_id"]
    return exchange


async def _appeal(house: House, key: str, **changes: Any) -> httpx.Response:
    body = {"subject": query_about(key)["subject"], "matter": "objection", "statement": WORDS, **changes}
    return await house.post("/v1/appeals", body, "person-portal")


async def _answer(house: House, appeal: dict[str, Any], agency: str) -> httpx.Response:
    body = {"official": {"id": "worker-18"}, "outcome": "rejected", "statement": REASONS}
    return await house.post(f"/v1/appeals/{appeal['id']}/answer", body, agency)


async def test_an_objection_is_answered_by_whoever_asked(house_of: House) -> None:
    """It stands in that agency's queue with the law's last day; the person reads the answer."""
    exchange = await _asked_about(house_of, "andrii")
    made = (await _appeal(house_of, "andrii", exchange_id=exchange)).json()
    queue = (await house_of.get("/v1/appeals")).json()["appeals"]
    read = (await house_of.get(f"/v1/appeals/{made['id']}")).json()
    answered = await _answer(house_of, made, "case-system")
    again = await _answer(house_of, made, "case-system")
    hers = (await house_of.get(f"/v1/appeals/{made['id']}", "person-portal")).json()

    assert (made["to"], made["overdue"]) == ("case-system", False)
    assert (date.fromisoformat(made["due_on"]) - date.fromisoformat(made["made_at"][:10])).days == 30
    assert [each["id"] for each in queue] == [made["id"]]
    assert read["statement"] == WORDS
    assert (answered.status_code, again.status_code) == (200, 409)
    assert (hers["outcome"], hers["answer"]) == ("rejected", REASONS)


async def test_a_complaint_goes_to_the_oversight_body(house_of: House) -> None:
    """The agency that is complained of neither sees nor answers it."""
    exchange = await _asked_about(house_of, "nina")
    made = (await _appeal(house_of, "nina", matter="complaint", exchange_id=exchange)).json()
    hidden = await house_of.get(f"/v1/appeals/{made['id']}")
    by_its_cause = await _answer(house_of, made, "case-system")
    answered = await _answer(house_of, made, "auditor")

    assert made["to"] == "oversight"
    assert (hidden.status_code, by_its_cause.status_code, answered.status_code) == (404, 404, 200)


async def test_words_stand_in_the_record_sealed(house_of: House) -> None:
    """Each step is an entry, and none of them can be read without the person's key."""
    exchange = await _asked_about(house_of, "bohdan")
    made = (await _appeal(house_of, "bohdan", exchange_id=exchange)).json()
    await house_of.get(f"/v1/appeals/{made['id']}")
    await _answer(house_of, made, "case-system")
    events = await house_of.events(subject_ref=await ref_of(house_of, "bohdan"))
    told = [(each["kind"], each["result"]) for each in events]

    assert told[-3:] == [("appeal", "made"), ("read", "appeal"), ("appeal", "answered")]
    assert WORDS not in str(events)
    assert WORDS not in await house_of.stored("SELECT * FROM appeals")


async def test_the_same_is_not_asked_twice_while_it_is_considered(house_of: House) -> None:
    """The second is refused; about another matter she may ask."""
    exchange = await _asked_about(house_of, "olena")
    first = await _appeal(house_of, "olena", exchange_id=exchange)
    second = await _appeal(house_of, "olena", exchange_id=exchange)
    other = await _appeal(house_of, "olena", exchange_id=exchange, matter="complaint")

    assert (first.status_code, second.status_code, other.status_code) == (201, 409, 201)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({}, 422, "missing"),
        ({"exchange_id": "01a20fbb-2d3e-754f-8eb9-9735c5aa3d54"}, 404, ""),
        ({"matter": "praise"}, 422, "enum"),
        ({"statement": "коротко"}, 422, "string-too-short"),
        ({"unknown": 1}, 422, "unknown-member"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    house_of: House, changes: dict[str, Any], status: int, code: str
) -> None:
    """An objection is about an exchange of hers; what she writes is neither empty nor of another shape."""
    response = await _appeal(house_of, "olena", **changes)

    assert response.status_code == status
    assert code in response.text


async def test_somebody_elses_exchange_is_unknown(house_of: House) -> None:
    """Whom it is about alone may name it, and a register that was not asked is refused."""
    exchange = await _asked_about(house_of, "nina")
    others = await _appeal(house_of, "olena", exchange_id=exchange)
    not_asked = await _appeal(house_of, "nina", exchange_id=exchange, source="nowhere", matter="correction")

    assert (others.status_code, not_asked.status_code) == (404, 422)


async def test_a_person_nobody_asked_about_has_nothing_to_appeal(house_of: House) -> None:
    """She is not on file, so no key could seal her words."""
    stranger = {"scheme": "unzr", "value": "20241011-12345"}
    response = await _appeal(house_of, "olena", subject=stranger, matter="complaint")

    assert response.status_code == 404
