"""Consents: who may give them for what, and what becomes of a history when one is missing or ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.history import HISTORY
from tests.journeys.house import House, query_about, query_of
from tests.journeys.streaming import stream_events

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _in(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def _given(house: House, key: str, agency: str = "case-system", **changes: Any) -> dict[str, Any]:
    response = await house.post("/v1/consents", await house.consent(key, **changes), agency)
    assert response.status_code == 201, response.text
    given: dict[str, Any] = response.json()
    return given


async def _withheld(house: House, query: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Ask, and give what the caller hears of health and what the record says of it."""
    answer = (await house.ask(query)).json()
    intent, release = await house.story(answer["exchange_id"])
    (exact,) = [each["reason"] for each in intent["details"]["withheld"]]
    (released,) = [each["reason"] for each in release["details"]["sources"] if each["source"] == "health"]
    assert exact == released
    assert not any(field.startswith("health.") for field in answer["fields"])
    assert not any(field.startswith("health.") for field in answer.get("sealed", {"fields": ()})["fields"])
    return answer["sources"]["health"], exact


async def test_a_consent_opens_what_it_names(house_of: House) -> None:
    """Before it health is withheld, after it health answers on exactly that ground."""
    before, _ = await _withheld(house_of, query_about("amir"))
    consent = await _given(house_of, "amir")
    answer = (await house_of.ask(query_about("amir"))).json()

    assert (before["status"], before["reason"]) == ("withheld", "consent-missing")
    assert before["next"]
    assert answer["sources"]["health"]["status"] == "answered"
    assert answer["ground"] == answer["sources"]["health"]["ground"]
    assert (answer["ground"]["kind"], answer["ground"]["id"]) == ("consent", consent["id"])


@pytest.mark.parametrize(
    ("key", "changes", "exact"),
    [
        ("nadiia", {"purpose": "crisis-intervention"}, "consent-other-purpose"),
        ("nina", {"sources": ["education"]}, "consent-other-source"),
        ("stepan", {"given_at": _in(-40), "until": _in(-1)}, "consent-expired"),
        ("lukian", {"given_at": _in(1), "until": _in(9)}, "consent-not-yet-valid"),
        ("viktor", {"consumer": "second-partner"}, "consent-other-consumer"),
    ],
)
async def test_a_consent_to_something_else_opens_nothing(
    house_of: House, key: str, changes: dict[str, Any], exact: str
) -> None:
    """Outside every such consent is just missing; why is the person's affair, and on record."""
    body = await house_of.consent(key)
    purpose = changes.get("purpose", "needs-assessment")
    preview = await house_of.post("/v1/social-history/preview", query_about(key, purpose=purpose))
    changes = {**changes, "notice_digest": preview.json()["consent_text"]["uk"]["digest"]}
    given = await house_of.post("/v1/consents", {**body, **changes}, "person-portal")
    told, recorded = await _withheld(house_of, query_about(key, sources=["health", "education"]))

    assert given.status_code == 201
    assert (told["status"], told["reason"], recorded) == ("withheld", "consent-missing", exact)


async def test_a_withdrawn_consent_is_missing(house_of: House) -> None:
    """From the withdrawal on nothing rests on it; a new consent stands by itself."""
    first = await _given(house_of, "ihor")
    withdrawn = await house_of.post(f"/v1/consents/{first['id']}/withdrawal", {"reason": "changed-mind"})
    told, exact = await _withheld(house_of, query_about("ihor"))
    second = await _given(house_of, "ihor")
    answer = (await house_of.ask(query_about("ihor"))).json()

    assert (withdrawn.json()["state"], withdrawn.json()["valid"]) == ("withdrawn", False)
    assert (told["reason"], exact) == ("consent-missing", "consent-withdrawn")
    assert answer["ground"]["id"] == second["id"]


async def test_withdrawing_twice_is_withdrawing_once(house_of: House) -> None:
    """The first instant stands, and the record has one withdrawal with its reason."""
    consent = await _given(house_of, "hanna")
    path = f"/v1/consents/{consent['id']}/withdrawal"
    answers = [await house_of.post(path, body) for body in (b"", {"reason": "later-reason"})]
    together = await asyncio.gather(*(house_of.post(path, {}) for _ in range(3)))
    events = [
        event for event in await house_of.events(subject_ref=consent["subject_ref"])
        if event["result"] == "withdrawn"
    ]  # fmt: skip

    assert {answer.status_code for answer in (*answers, *together)} == {200}
    assert len({answer.json()["withdrawn_at"] for answer in (*answers, *together)}) == 1
    assert [event["reason"] for event in events] == ["not-stated"]


async def test_a_consent_is_read_listed_and_receipted(house_of: House) -> None:
    """The person's copy says who, why, what, until when and how to withdraw; no value of hers is in it."""
    consent = await _given(house_of, "oleksandr-kyiv")
    read = await house_of.get(f"/v1/consents/{consent['id']}")
    listed = await house_of.get("/v1/consents", "person-portal", subject_ref=consent["subject_ref"])
    copy = (await house_of.get(f"/v1/consents/{consent['id']}/receipt", "person-portal")).json()

    assert read.json() == consent
    assert listed.json()["consents"] == [consent]
    assert copy["controller"]["uk"] == "Система ведення випадків (демо)"
    assert "відкликати" in copy["notice"]
    assert copy["withdrawal"] == f"/v1/consents/{consent['id']}/withdrawal"
    assert "2862911715" not in json.dumps(copy)


async def test_another_agencys_consent_is_not_found(house_of: House) -> None:
    """A consent given to somebody else is unknown to the case system, to read and to withdraw."""
    consent = await _given(house_of, "andrii", "person-portal", consumer="partner")
    path = f"/v1/consents/{consent['id']}"
    answers = [
        await house_of.get(path),
        await house_of.get(f"{path}/receipt"),
        await house_of.post(f"{path}/withdrawal", {}),
    ]
    listed = await house_of.get("/v1/consents", subject_ref=consent["subject_ref"])
    still = await house_of.get(path, "person-portal")

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert listed.json()["consents"] == []
    assert still.json()["state"] == "given"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"consumer": "partner"}, "/consumer"),
        ({"consumer": "nobody"}, "/consumer"),
        ({"purpose": "curiosity"}, "/purpose"),
        ({"sources": ["health", "astrology"]}, "/sources"),
        ({"sources": []}, "/sources"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"until": "2099-01-01T00:00:00Z"}, "/until"),
        ({"until": "2027-01-01T00:00:00"}, "/until"),
        ({"given_by": "parent"}, "/evidence"),
        ({"given_by": "neighbour"}, "/given_by"),
        ({"given_by": "parent", "evidence": "birth\x00record"}, "/evidence"),
        ({"notice_digest": f"sha-256:{'0' * 64}"}, "/notice_digest"),
        ({"language": "fr"}, "/language"),
    ],
)
async def test_a_consent_that_cannot_be_is_refused_at_its_place(
    house_of: House, changes: dict[str, Any], pointer: str
) -> None:
    """Whom, why, what, how long, by whom, on which text: each has its rule."""
    response = await house_of.post("/v1/consents", await house_of.consent("danylo", **changes))

    assert response.status_code == 422
    assert [place["pointer"] for place in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize("year", ["0001", "9999"])
async def test_a_consent_at_the_end_of_time_is_a_consent(house_of: House, year: str) -> None:
    """The first and last days there are can be reckoned with."""
    times = {"given_at": f"{year}-01-01T00:00:00Z", "until": f"{year}-12-31T23:59:59Z"}
    response = await house_of.post("/v1/consents", await house_of.consent("danylo", **times))

    assert response.status_code == 201


async def test_a_child_does_not_consent_alone(house_of: House) -> None:
    """A minor's own consent opens nothing; a parent's, with evidence, does."""
    await _given(house_of, "nazar")
    told, exact = await _withheld(house_of, query_about("nazar"))
    parent = await _given(house_of, "nazar", given_by="parent", evidence="birth record 12-345")
    answer = (await house_of.ask(query_about("nazar"))).json()

    assert (told["reason"], exact) == ("consent-missing", "minor-no-guardian")
    assert answer["ground"]["id"] == parent["id"]
    assert answer["sources"]["health"]["status"] == "answered"


async def test_a_parent_does_not_consent_for_a_grown_child(house_of: House) -> None:
    """Whoever is of age consents herself."""
    await _given(house_of, "oleksandr-lviv", given_by="parent", evidence="birth record 12-346")
    told, exact = await _withheld(house_of, query_about("oleksandr-lviv"))

    assert (told["status"], exact) == ("withheld", "consent-outgrown")


async def test_a_withdrawal_overtakes_the_sources(house_of: House) -> None:
    """Withdrawn while registries are being asked: nothing is released, kept or left to be read."""
    consent = await _given(house_of, "solomiia", given_by="parent", evidence="birth record 12-347")
    house_of.valve.close()
    asking = asyncio.create_task(house_of.ask(query_about("solomiia")))
    exchange = await house_of.underway()
    withdrawn = await house_of.post(f"/v1/consents/{consent['id']}/withdrawal", {})
    house_of.valve.open()
    response = await asking
    story = await house_of.story(exchange)
    kept = await house_of.stored("SELECT id FROM exchanges")
    again = await house_of.get(f"/v1/social-history/{exchange}")

    assert withdrawn.status_code == 200
    assert (response.status_code, response.json()["type"]) == (403, "/problems/consent-withdrawn")
    assert [event["kind"] for event in story] == ["intent", "refusal"]
    assert story[1]["reason"] == "consent-withdrawn"
    assert (exchange in kept, again.status_code) == (False, 404)


@pytest.mark.parametrize("headers", [{"Accept": "text/event-stream"}, {"Prefer": "respond-async"}])
async def test_a_withdrawal_overtakes_whoever_waits_otherwise(
    house_of: House, headers: dict[str, str]
) -> None:
    """A stream ends in the problem, an accepted exchange is found refused; neither has a value."""
    consent = await _given(house_of, "danylo", given_by="guardian", evidence="court decision 7")
    house_of.valve.close()
    asking = asyncio.create_task(house_of.ask(query_about("danylo"), **headers))
    exchange = await house_of.underway()
    await house_of.post(f"/v1/consents/{consent['id']}/withdrawal", {})
    house_of.valve.open()
    response = await asking
    found = await house_of.fetched(f"/v1/social-history/{exchange}")
    story = await house_of.story(exchange)

    assert (found.status_code, found.json()["type"]) == (403, "/problems/consent-withdrawn")
    assert [event["kind"] for event in story] == ["intent", "refusal"]
    assert "Коваленко" not in response.text


async def test_a_stream_that_is_refused_ends_in_a_problem(house_of: House) -> None:
    """The last event is the problem document."""
    consent = await _given(house_of, "danylo", given_by="guardian", evidence="court decision 8")
    house_of.valve.close()
    asking = asyncio.create_task(house_of.ask(query_about("danylo"), Accept="text/event-stream"))
    exchange = await house_of.underway()
    await house_of.post(f"/v1/consents/{consent['id']}/withdrawal", {})
    house_of.valve.open()
    name, told = stream_events((await asking).text)[-1]

    assert (name, told["type"], told["instance"]) == ("problem", "/problems/consent-withdrawn", exchange)


def _of_health(answer: Mapping[str, Any]) -> list[str]:
    return [name for name in answer.get("sealed", {"fields": []})["fields"] if name.startswith("health.")]


async def test_a_withdrawal_reaches_the_answer_that_is_kept(house_of: House) -> None:
    """What rested on the consent is read no more; what a law holds stays, and the purge is on record."""
    consent = await _given(house_of, "lukian")
    answer = (await house_of.ask(query_about("lukian"))).json()
    place = f"/v1/social-history/{answer['exchange_id']}"
    await house_of.post(f"/v1/consents/{consent['id']}/withdrawal", {})
    again = (await house_of.get(place)).json()
    told, _ = await _withheld(house_of, query_about("lukian"))
    story = await house_of.story(answer["exchange_id"])

    assert _of_health(answer)
    assert not _of_health(again)
    assert again["sources"]["health"]["status"] == "withheld"
    assert again["fields"]["education.status"] == answer["fields"]["education.status"]
    assert again["receipt"] == answer["receipt"]
    assert told["status"] == "withheld"
    assert "purged" in [event["result"] for event in story]


async def test_consents_only_widen_what_the_contract_gives(house_of: House) -> None:
    """A consent to every source opens no source of a contract that does not name it."""
    await _given(house_of, "maria", sources=sorted(HISTORY))
    refused = await house_of.ask(query_of(purpose="crisis-intervention", sources=["health"]))

    assert refused.status_code == 403
