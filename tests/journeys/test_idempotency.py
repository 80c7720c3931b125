"""`Idempotency-Key`: the same key and body get the same answer, and one effect."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from tests.journeys.house import House, case_of, query_of
from tests.journeys.streaming import stream_events

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _key() -> str:
    return str(uuid.uuid4())


async def _releases(house: House) -> int:
    return len([event for event in await house.events() if event["kind"] == "release"])


async def test_the_same_question_is_answered_once(house_of: House) -> None:
    """A repetition gets the very answer, receipt included, and the record has one release."""
    key, before = _key(), await _releases(house_of)
    first = await house_of.ask(Idempotency_Key=key)
    again = await house_of.ask(Idempotency_Key=key)
    after = await _releases(house_of)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert after - before == 1


async def test_the_same_key_with_another_body_is_a_conflict(house_of: House) -> None:
    """409, whether the first was answered or refused; nothing more is asked."""
    answered, refused = _key(), _key()
    await house_of.ask(Idempotency_Key=answered)
    await house_of.ask(query_of(case=None), Idempotency_Key=refused)
    before = await _releases(house_of)
    answers = [
        await house_of.ask(query_of(purpose="crisis-intervention"), Idempotency_Key=key)
        for key in (answered, refused)
    ]
    after = await _releases(house_of)

    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[0].json()["type"] == "/problems/idempotency-conflict"
    assert after == before


async def test_five_at_once_are_one_exchange(house_of: House) -> None:
    """Concurrent repetitions wait for the first and get its answer."""
    key, before = _key(), await _releases(house_of)
    answers = await asyncio.gather(*(house_of.ask(Idempotency_Key=key) for _ in range(5)))
    after = await _releases(house_of)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["exchange_id"] for answer in answers}) == 1
    assert after - before == 1


async def test_a_refusal_is_repeated_as_it_was(house_of: House) -> None:
    """The repetition is the same problem about the same exchange, and the record has one refusal."""
    key = _key()
    first = await house_of.ask(query_of(case=None), Idempotency_Key=key)
    again = await house_of.ask(query_of(case=None), Idempotency_Key=key)
    story = await house_of.story(first.json()["instance"])
    repeated = await house_of.story(again.headers["exchange-id"])

    assert (again.status_code, again.headers["content-type"]) == (403, "application/problem+json")
    assert again.json() == first.json()
    assert (len(story), repeated) == (1, [])


async def test_a_wrong_body_is_repeated_with_its_places(house_of: House) -> None:
    """A 422 points at the same members again."""
    key = _key()
    first = await house_of.post("/v1/social-history", b"{}", Idempotency_Key=key)
    again = await house_of.post("/v1/social-history", b"{}", Idempotency_Key=key)

    assert first.json()["errors"]
    assert again.json() == first.json()


async def test_a_key_belongs_to_one_agency_and_one_address(house_of: House) -> None:
    """Another agency's same key, and the same key elsewhere, are other keys."""
    key = _key()
    asked = await house_of.ask(Idempotency_Key=key)
    previewed = await house_of.post("/v1/social-history/preview", query_of(), Idempotency_Key=key)
    portal = await house_of.post("/v1/consents", b"{}", "person-portal", Idempotency_Key=key)
    system = await house_of.post("/v1/consents", b"[]", Idempotency_Key=key)

    assert (asked.status_code, previewed.status_code) == (200, 200)
    assert (portal.status_code, system.status_code) == (422, 422)


async def test_an_answer_behind_a_key_is_kept_sealed(house_of: House) -> None:
    """What is kept for the repetition names the exchange; the person's values stand nowhere."""
    await house_of.ask(Idempotency_Key=_key())
    stored = await house_of.stored("SELECT reply FROM replies WHERE reply IS NOT NULL")

    assert "exchange_id" in stored
    assert "3311845622" not in stored
    assert "Бондаренко" not in stored


async def test_an_accepted_question_is_accepted_once(house_of: House) -> None:
    """With `respond-async` the repetition finds the same exchange, running or answered."""
    key, before = _key(), await _releases(house_of)
    first = await house_of.ask(Prefer="respond-async", Idempotency_Key=key)
    again = await house_of.ask(Prefer="respond-async", Idempotency_Key=key)
    await house_of.fetched(first.headers["location"])
    after = await _releases(house_of)

    assert first.status_code == 202
    assert again.json()["exchange_id"] == first.json()["exchange_id"]
    assert after - before == 1


async def test_a_stream_can_be_taken_up_again(house_of: House) -> None:
    """A repetition of a streamed question finds it running or answered, and never asks anew."""
    key = _key()
    house_of.valve.close()
    streaming = asyncio.create_task(house_of.ask(Accept="text/event-stream", Idempotency_Key=key))
    exchange = await house_of.underway()
    again = await house_of.ask(Idempotency_Key=key)
    house_of.valve.open()
    name, streamed = stream_events((await streaming).text)[-1]
    later = await house_of.ask(Idempotency_Key=key)

    assert (again.status_code, again.json()["exchange_id"]) == (202, exchange)
    assert name == "answer"
    assert later.json() == streamed


async def test_a_consent_is_given_once(house_of: House) -> None:
    """The repetition has the same id and place; one consent is on file."""
    key, body = _key(), await house_of.consent("andrii")
    first = await house_of.post("/v1/consents", body, Idempotency_Key=key)
    again = await house_of.post("/v1/consents", body, Idempotency_Key=key)
    listed = await house_of.get("/v1/consents", subject_ref=first.json()["subject_ref"])

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"] == f"/v1/consents/{first.json()['id']}"
    assert len(listed.json()["consents"]) == 1


async def test_a_withdrawal_is_made_once(house_of: House) -> None:
    """The record has one withdrawal, however often it was asked for."""
    consent = (await house_of.post("/v1/consents", await house_of.consent("ihor"))).json()
    path, key = f"/v1/consents/{consent['id']}/withdrawal", _key()
    answers = await asyncio.gather(*(house_of.post(path, {}, Idempotency_Key=key) for _ in range(3)))
    withdrawals = [
        event for event in await house_of.events(outcome="withdrawn")
        if event["details"]["consent"] == consent["id"]
    ]  # fmt: skip

    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["state"] == "withdrawn"
    assert len(withdrawals) == 1


async def test_put_needs_no_key(house_of: House) -> None:
    """A repeated PUT is the same case; its version moves on."""
    first = await house_of.put("/v1/cases/KYIV-2026-000700", case_of("amir"))
    again = await house_of.put("/v1/cases/KYIV-2026-000700", case_of("amir"))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
