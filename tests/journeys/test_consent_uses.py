"""What a consent is good for: how often, for which facts, and what becomes of what was told on it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from audit.note import Verifier
from audit.promise import attests
from gateway.consent.receipts import canonical
from tests.journeys.house import House, query_about

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLERS = 100


async def _given(house: House, key: str, **changes: Any) -> dict[str, Any]:
    response = await house.post("/v1/consents", await house.consent(key, **changes), "person-portal")
    assert response.status_code == 201, response.text
    given: dict[str, Any] = response.json()
    return given


async def _health(house: House, key: str) -> dict[str, Any]:
    response = await house.ask(query_about(key, sources=["health"]))
    told: dict[str, Any] = response.json()
    return told


async def _withdrawn(house: House, consent: dict[str, Any]) -> None:
    response = await house.post(f"/v1/consents/{consent['id']}/withdrawal", {}, "person-portal")
    assert response.status_code == 200, response.text


async def _reason(house: House, exchange: str) -> str:
    return str((await house.story(exchange))[-1]["reason"])


async def test_a_consent_for_once_opens_one_answer_however_many_ask(house_of: House) -> None:
    """A hundred at the same time: one is answered, the others hear as where no consent is."""
    consent = await _given(house_of, "amir", uses=1)
    answers = await asyncio.gather(*(_health(house_of, "amir") for _ in range(CALLERS)))
    released = [answer for answer in answers if "receipt" in answer]
    refused = {answer["type"] for answer in answers if "type" in answer}
    after = (await house_of.get(f"/v1/consents/{consent['id']}")).json()

    assert len(released) == 1
    assert refused <= {"/problems/consent-missing", "/problems/consent-withdrawn"}
    assert (after["state"], after["uses_left"]) == ("used-up", 0)


async def test_a_consent_for_some_times_counts_down(house_of: House) -> None:
    """Twice in thirty days: the third is refused, and the record says why."""
    consent = await _given(house_of, "ihor", uses=2, per_days=30)
    answers = [await _health(house_of, "ihor") for _ in range(3)]
    left = (await house_of.get(f"/v1/consents/{consent['id']}")).json()["uses_left"]
    recorded = await _reason(house_of, answers[2]["instance"])

    assert ["receipt" in answer for answer in answers] == [True, True, False]
    assert (answers[2]["type"], recorded, left) == ("/problems/consent-missing", "consent-used-up", 0)


@pytest.mark.parametrize(
    ("key", "changes", "exact"),
    [
        ("nina", {"operations": ["push"]}, "consent-other-operation"),
        ("viktor", {"categories": ["aid"]}, "consent-narrower"),
        ("stepan", {"answer": "refused"}, "consent-refused"),
    ],
)
async def test_a_consent_covers_what_it_says_and_no_more(
    house_of: House, key: str, changes: dict[str, Any], exact: str
) -> None:
    """Another operation, other kinds of facts, or a refusal on file: the same refusal outside."""
    await _given(house_of, key, **changes)
    told = await _health(house_of, key)
    recorded = await _reason(house_of, told["instance"])

    assert (told["type"], recorded) == ("/problems/consent-missing", exact)


async def test_a_new_consent_takes_the_place_of_an_older_one(house_of: House) -> None:
    """What it supersedes ends in the same instant, and its state says so."""
    older = await _given(house_of, "hanna")
    newer = await _given(house_of, "hanna", supersedes=older["id"])
    answer = await _health(house_of, "hanna")
    states = [(await house_of.get(f"/v1/consents/{each['id']}")).json()["state"] for each in (older, newer)]

    assert states == ["superseded", "given"]
    assert answer["ground"]["id"] == newer["id"]


@pytest.mark.parametrize(
    ("ending", "exact"),
    [("suspended", "consent-suspended"), ("guardian-authority-ended", "consent-authority-ended")],
)
async def test_a_consent_can_be_suspended_and_authority_can_end(
    house_of: House, ending: str, exact: str
) -> None:
    """From then on nothing is released on it; the exact reason is on record."""
    consent = await _given(house_of, "danylo", given_by="guardian", evidence="court decision 12")
    end = f"/v1/consents/{consent['id']}/end"
    ended = await house_of.post(end, {"ending": ending, "reason": "court-decision"}, "person-portal")
    told = await _health(house_of, "danylo")
    recorded = await _reason(house_of, told["instance"])

    assert ended.json()["state"] == ending
    assert (told["type"], recorded) == ("/problems/consent-missing", exact)


async def test_a_person_is_helped_to_consent_before_a_witness(house_of: House) -> None:
    """Without a device of her own: who helped, who saw it and the signed paper are on record."""
    helped = {"official": "worker-17", "witness": "worker-18", "scan_digest": f"sha-256:{'a' * 64}"}
    consent = await _given(house_of, "nadiia", assistance=helped)
    [event] = [
        each
        for each in await house_of.events(subject_ref=consent["subject_ref"])
        if each["details"].get("consent") == consent["id"]
    ]

    assert event["official"] == "worker-17"
    assert event["details"]["witness"] == "worker-18"
    assert event["details"]["scan"] == helped["scan_digest"]


async def test_a_withdrawal_is_told_to_whoever_received_something(house_of: House) -> None:
    """The recipient finds the recall with its day, acknowledges it once, and the auditor's list shrinks."""
    consent = await _given(house_of, "oleksandr-kyiv")
    await _health(house_of, "oleksandr-kyiv")
    await _withdrawn(house_of, consent)
    open_ones = (await house_of.get("/v1/recalls", "auditor")).json()["recalls"]
    [recall] = [each for each in open_ones if each["consent"] == consent["id"]]
    done = {"official": "worker-17", "outcome": "deleted"}
    first = await house_of.post(recall["acknowledgement"], done)
    second = await house_of.post(recall["acknowledgement"], done)
    left = (await house_of.get("/v1/recalls", unanswered="true")).json()["recalls"]
    told = [each["result"] for each in await house_of.events(subject_ref=consent["subject_ref"])]

    assert (recall["agency"], recall["overdue"], recall["acknowledged_at"]) == ("case-system", False, None)
    assert recall["due_on"] > recall["made_at"][:10]
    assert (first.status_code, first.json()["outcome"], second.status_code) == (200, "deleted", 409)
    assert consent["id"] not in [each["consent"] for each in left]
    assert {"recalled", "recall-acknowledged"} <= set(told)


async def test_nobody_is_told_of_a_consent_that_nothing_rested_on(house_of: House) -> None:
    """Without a past recipient there is no recall, and another agency finds none of somebody else's."""
    consent = await _given(house_of, "andrii")
    await _withdrawn(house_of, consent)
    path = f"/v1/recalls/{consent['id']}/acknowledgement"
    strange = await house_of.post(path, {"official": "worker-17", "outcome": "deleted"}, "partner")
    all_open = (await house_of.get("/v1/recalls", "auditor")).json()["recalls"]

    assert strange.status_code == 404
    assert consent["id"] not in [each["consent"] for each in all_open]


async def test_another_consent_holds_what_one_took_back(house_of: House) -> None:
    """Where another consent covers the same, the answer stays as it was."""
    first = await _given(house_of, "lukian")
    answer = await _health(house_of, "lukian")
    used = first if answer["ground"]["id"] == first["id"] else {}
    await _given(house_of, "lukian")
    await _withdrawn(house_of, used)
    again = await house_of.get(f"/v1/social-history/{answer['exchange_id']}")

    assert again.json() == answer


async def test_an_answer_that_rested_on_one_consent_alone_is_gone(house_of: House) -> None:
    """Nothing is left of it to be read: it is unknown from the withdrawal on."""
    consent = await _given(house_of, "solomiia", given_by="parent", evidence="birth record 9")
    answer = await _health(house_of, "solomiia")
    await _withdrawn(house_of, consent)
    again = await house_of.get(f"/v1/social-history/{answer['exchange_id']}")

    assert again.status_code == 404


async def test_the_persons_copy_is_signed_and_has_the_parts_of_the_standard(house_of: House) -> None:
    """Header, processing, parties and events, under the log's signature, which one change breaks."""
    consent = await _given(house_of, "maria", uses=3)
    copy = (await house_of.get(f"/v1/consents/{consent['id']}/receipt", "person-portal")).json()
    verifier = Verifier.parse((await house_of.http.get("/log/key")).text.strip())
    signature = copy["signature"]["value"]
    forged = {**copy, "until": "2099-01-01T00:00:00Z"}

    assert (copy["schema_version"], copy["record_id"]) == ("ISO/IEC TS 27560:2023", consent["id"])
    assert {party["role"] for party in copy["parties"]} == {"data-subject", "controller", "recorder"}
    assert [event["event_type"] for event in copy["record_events"]] == ["given"]
    assert copy["processing"]["purposes"][0]["iri"].startswith("https://w3id.org/dpv#")
    assert attests(verifier, canonical(copy), signature)
    assert not attests(verifier, canonical(forged), signature)


async def test_the_persons_copy_is_a_page_in_her_language(house_of: House) -> None:
    """Readable without a program: what, to whom, until when, how to withdraw."""
    consent = await _given(house_of, "maria", language="uk")
    path = f"/v1/consents/{consent['id']}/receipt"
    page = await house_of.http.get(
        path, headers={**await house_of.bearer("person-portal"), "Accept": "text/html"}
    )

    assert page.headers["Content-Type"].startswith("text/html")
    assert "Ваша згода" in page.text
    assert "Відкликати її можна будь-коли" in page.text
    assert "<script>" not in page.text


async def test_a_withdrawal_stops_sources_that_are_still_asked(house_of: House) -> None:
    """While every source is silent she withdraws: the exchange ends without waiting for any of them."""
    consent = await _given(house_of, "nazar", given_by="parent", evidence="birth record 31")
    house_of.valve.close()
    asking = asyncio.create_task(_health(house_of, "nazar"))
    exchange = await house_of.underway()
    await _withdrawn(house_of, consent)
    told = await asking
    house_of.valve.open()
    recorded = await _reason(house_of, exchange)

    assert (told["type"], recorded) == ("/problems/consent-withdrawn", "consent-withdrawn")
