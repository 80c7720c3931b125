"""SPDCI's search over the same pipeline: its samples' shape, its two claims, its codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.journeys.history import HISTORY
from tests.journeys.house import CASE, MARIA, House
from tests.journeys.spdci import CLAIM, PATH, message_of, sample

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _ask(house: House, message: Any) -> Any:
    response = await house.post(PATH, message)
    assert response.status_code == 200, response.text
    return response.json()


async def _found(house: House, message: Any) -> Any:
    return (await _ask(house, message))["message"]["search_response"][0]


@pytest.mark.parametrize("name", ["crvs_processflow1req.json", "social_processflow2req.json"])
async def test_the_published_samples_are_answered(common: House, name: str) -> None:
    """Both ways of naming a person by an identifier are understood, and the answer has their members."""
    said = await _ask(common, message_of(name))
    published = sample("social_processflow2res.json")
    found = said["message"]["search_response"][0]
    record = found["data"]["reg_records"][0]

    assert said["header"].keys() == published["header"].keys()
    assert said["message"].keys() == published["message"].keys()
    assert found.keys() == published["message"]["search_response"][0].keys()
    assert (said["header"]["status"], found["status"]) == ("succ", "succ")
    assert record["fields"]["education.status"]["value"] == "studying"
    assert record["receipt"]["promise"]


@pytest.mark.parametrize(
    ("claims", "sources"),
    [
        ({"authorize": ""}, frozenset({"health"})),
        ({"consent": ""}, HISTORY - {"health"}),
        ({}, HISTORY),
    ],
)
async def test_a_claim_asks_for_the_sources_that_rest_on_it(
    common: House, claims: Mapping[str, Any], sources: frozenset[str]
) -> None:
    """`consent` asks whom a consent opens, `authorize` whom a law opens, both ask all."""
    found = await _found(common, message_of(**claims))

    assert set(found["data"]["reg_records"][0]["sources"]) == sources


async def test_a_claimed_consent_that_is_not_on_file_opens_nothing(common: House) -> None:
    """The claim is the caller's word; the consent is looked up, and the refusal is on record."""
    message = message_of(authorize="")
    text = json.dumps(message).replace(MARIA, "1759013776").replace(CASE, "KYIV-2026-000201")
    said = await _ask(common, json.loads(text))
    found = said["message"]["search_response"][0]
    story = await common.story(said["message"]["correlation_id"])

    assert found["status"] == "rjct"
    assert found["status_reason_code"] == "rjct.search_criteria.invalid"
    assert story[-1]["result"] == "refused"
    assert story[-1]["details"]["via"]["claims"] == ["consent"]


async def test_the_record_has_spdcis_ids(common: House) -> None:
    """Message, transaction and reference ids are kept with the intent."""
    message = message_of()
    message["message"]["transaction_id"] = "txn-1"
    said = await _ask(common, message)
    story = await common.story(said["message"]["correlation_id"])

    assert story[0]["details"]["via"] == {
        "protocol": "spdci",
        "message_id": message["header"]["message_id"],
        "transaction_id": "txn-1",
        "reference_id": "",
        "claims": ["authorize", "consent"],
    }


async def test_searches_of_one_message_are_exchanges_of_their_own(common: House) -> None:
    """One is answered, one is refused, and neither hinders the other."""
    message = message_of()
    searches = message["message"]["search_request"]
    searches.append(json.loads(json.dumps(searches[0]).replace(MARIA, "3311845623")))
    searches[1]["reference_id"] = "second"
    message["header"]["total_count"] = "2"
    said = await _ask(common, message)
    first, second = said["message"]["search_response"]

    assert (first["status"], second["status"]) == ("succ", "rjct")
    assert second["reference_id"] == "second"
    assert (said["header"]["total_count"], said["header"]["completed_count"]) == (2, 1)


@pytest.mark.parametrize(
    "criteria",
    [
        {"query_type": "graphql"},
        {"query": "847951632"},
        {"query": {"type": "UIN"}},
        {"query": {"type": "shoe-size", "value": "43"}},
        {"query_type": "expression", "query": []},
        {
            "query_type": "expression",
            "query": [{"expression1": {"attribute_name": "UIN", "operator": "gt", "attribute_value": "1"}}],
        },
        {
            "query_type": "expression",
            "query": [
                {
                    "expression1": {
                        "attribute_name": "UIN",
                        "operator": "eq",
                        "attribute_value": MARIA,
                    },
                    "condition": "or",
                    "expression2": "x",
                }
            ],
        },
        {"consent": "", "authorize": ""},
        {"authorize": {**CLAIM, "purpose": {"code": "crisis-intervention"}}},
        {"consent": {**CLAIM, "purpose": {"code": "no-such-purpose"}}, "authorize": ""},
    ],
)
async def test_a_search_that_is_not_understood_is_rejected(
    common: House, criteria: Mapping[str, Any]
) -> None:
    """What would widen, narrow or leave open the search is refused, never passed over."""
    found = await _found(common, message_of(**criteria))

    assert (found["status"], found["status_reason_code"]) == ("rjct", "rjct.search_criteria.invalid")
    assert found["data"]["reg_records"] == []


async def test_there_is_one_page(common: House) -> None:
    """A person's history has no second page."""
    found = await _found(common, message_of(pagination={"page_size": 10, "page_number": 2}))

    assert found["status_reason_code"] == "rjct.pagination.invalid"


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ({"version": "2.0.0"}, 422, "rjct.version.invalid"),
        ({"message_ts": "2026-11-24T10:00:00"}, 422, "rjct.message_ts.invalid"),
        ({"action": "subscribe"}, 422, "rjct.action.not_supported"),
        ({"is_msg_encrypted": True}, 422, "rjct.action.not_supported"),
        ({"total_count": "7"}, 422, "rjct.total_count.invalid"),
        ({"sender_id": "partner"}, 403, "rjct.search_criteria.invalid"),
        ({"meta": ""}, 422, "rjct.search_criteria.invalid"),
        ({"message_id": "with blank"}, 422, "rjct.search_criteria.invalid"),
    ],
)
async def test_a_message_that_is_wrong_is_rejected_whole(
    common: House, header: Mapping[str, Any], status: int, code: str
) -> None:
    """The header's reason is SPDCI's own code; our title and problem stand beside it."""
    message = message_of()
    message["header"] |= header
    response = await common.post(PATH, message)
    said = response.json()["header"]

    assert (response.status_code, said["status"], said["status_reason_code"]) == (status, "rjct", code)
    assert "/problems/" in said["status_reason_message"]
    assert MARIA not in response.text


async def test_more_searches_than_the_limit_are_rejected(common: House) -> None:
    """Eleven searches in a message are one too many."""
    message = message_of()
    message["message"]["search_request"] *= 11
    message["header"]["total_count"] = "11"
    response = await common.post(PATH, message)

    assert response.json()["header"]["status_reason_code"] == "rjct.total_count.limit_exceeded"


async def test_what_is_no_message_is_rejected(common: House) -> None:
    """Bytes that are not JSON get SPDCI's envelope with a reason all the same."""
    response = await common.post(PATH, b"{")

    assert (response.status_code, response.json()["header"]["status"]) == (422, "rjct")


async def test_without_a_token_nobody_searches(common: House) -> None:
    """Our own token authenticates, as for our own interface."""
    response = await common.http.post(PATH, json=message_of())

    assert response.status_code == 401
    assert response.json()["header"]["status"] == "rjct"
