"""What callers get wrong: one clear problem each, which repeats nothing of what was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.journeys.house import MARIA, House, query_about, query_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = "/v1/social-history"
CANARY = "Жовтогарячий-7391"
MEMBERS = {"type", "title", "status", "instance", "advice"}


def _raw(**changes: Any) -> bytes:
    return json.dumps(query_of(**changes), ensure_ascii=False).encode()


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "invalid-body"),
    "not JSON": (b"<query/>", "invalid-body"),
    "not UTF-8": (_raw().replace(b"worker-17", b"\xff\xfe"), "invalid-body"),
    "two documents": (_raw() + _raw(), "invalid-body"),
    "a list": (b"[]", "invalid-body"),
    "null": (b"null", "invalid-body"),
    "deeply nested lists": (b"[" * 30_000, "invalid-body"),
    "deeply nested objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "invalid-body"),
    "deep nesting inside": (
        _raw().replace(b'"worker-17"', b"[" * 5_000 + b"]" * 5_000),
        "invalid-body",
    ),
    "a member twice": (_raw().replace(b'"purpose"', b'"case": "KYIV-1", "purpose"'), "invalid-body"),
    "a member twice within": (_raw().replace(b'"scheme"', b'"scheme": "unzr", "scheme"'), "invalid-body"),
    "NaN": (_raw().replace(b'"worker-17"', b"NaN"), "invalid-body"),
    "Infinity": (_raw().replace(b'"worker-17"', b"Infinity"), "invalid-body"),
    "minus infinity": (_raw().replace(b'"worker-17"', b"-Infinity"), "invalid-body"),
    "an endless number": (_raw().replace(b'"worker-17"', b"9" * 20_000), "invalid-body"),
    "half a character": (_raw().replace(b"worker-17", rb"\ud800"), "invalid-body"),
    "an unknown member": (_raw(**{CANARY: CANARY}), "invalid-body"),
    "an unknown member within": (
        _raw(subject={"scheme": "rnokpp", "value": MARIA, CANARY: 1}),
        "invalid-body",
    ),
    "a number for a text": (_raw(purpose=7), "invalid-body"),
    "a text for a list": (_raw(sources="health"), "invalid-body"),
    "an empty list": (_raw(sources=[]), "invalid-body"),
    "too long a list": (_raw(sources=["health"] * 51), "invalid-body"),
    "a code with a space": (_raw(case=f"{CANARY} 1"), "invalid-body"),
    "a code with a line break": (_raw(case="KYIV-1\n"), "invalid-body"),
    "a code with a zero byte": (_raw(case="KYIV\x00"), "invalid-body"),
    "no subject": (_raw(subject=None), "invalid-body"),
    "no official": (_raw(official=None), "invalid-body"),
    "an emergency without a reason": (_raw(emergency={}), "invalid-body"),
    "an emergency of many words": (_raw(emergency={"reason": "urgent " * 100}), "invalid-body"),
    "a wrong check digit": (_raw(subject={"scheme": "rnokpp", "value": "3311845623"}), "invalid-identifier"),
    "another wrong check digit": (
        _raw(subject={"scheme": "unzr", "value": "19900903-13026"}),
        "invalid-identifier",
    ),
    "an unknown scheme": (_raw(subject={"scheme": "shoe-size", "value": CANARY}), "invalid-identifier"),
    "no value": (_raw(subject={"scheme": "rnokpp"}), "invalid-identifier"),
    "letters for digits": (_raw(subject={"scheme": "rnokpp", "value": CANARY}), "invalid-identifier"),
    "a name without birth date": (
        _raw(subject={"scheme": "name", "name": {"family": CANARY, "given": CANARY}}),
        "invalid-identifier",
    ),
    "a birth date without name": (
        _raw(subject={"scheme": "name", "birth_date": "1990-09-03"}),
        "invalid-identifier",
    ),
    "a name beside a value": (
        _raw(
            subject={
                "scheme": "name",
                "value": MARIA,
                "name": {"family": CANARY, "given": CANARY},
                "birth_date": "1990-09-03",
            }
        ),
        "invalid-identifier",
    ),
    "no such day": (
        _raw(
            subject={
                "scheme": "name",
                "name": {"family": CANARY, "given": CANARY},
                "birth_date": "1990-02-30",
            }
        ),
        "invalid-body",
    ),
}


@pytest.mark.parametrize("path", [HISTORY, f"{HISTORY}/preview"])
@pytest.mark.parametrize("name", BODIES)
async def test_a_wrong_body_is_a_problem_that_repeats_nothing(common: House, name: str, path: str) -> None:
    """The problem says what to do, points at places, and holds no value that was sent."""
    content, slug = BODIES[name]
    response = await common.post(path, content)
    told = response.json()

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert MEMBERS <= set(told) <= MEMBERS | {"errors"}
    assert (told["type"], told["status"]) == (f"/problems/{slug}", 422)
    assert told["instance"] == response.headers["exchange-id"]
    assert CANARY not in json.dumps(told, ensure_ascii=False)
    assert MARIA not in response.text


async def test_a_place_names_no_member_that_the_caller_invented(common: House) -> None:
    """Members of the description are pointed at; a key that was sent is not repeated."""
    case = {
        "subject": {"scheme": "rnokpp", "value": MARIA},
        "identifiers": {CANARY: 7, "Oleksandrivna-1990": 8},
        "officials": [{"id": "worker-17"}],
        "opened": "2026-01-12",
    }
    response = await common.put("/v1/cases/KYIV-2026-000999", case)

    assert response.status_code == 422
    assert {place["pointer"] for place in response.json()["errors"]} == {"/identifiers"}
    assert "Oleksandrivna" not in response.text


async def test_a_megabyte_is_too_much(common: House) -> None:
    """1 MB is refused by its size, whatever is in it."""
    response = await common.post(HISTORY, b" " * 1_000_000)

    assert response.status_code == 413
    assert response.json()["type"] == "/problems/body-too-large"


async def test_an_endless_body_without_length_is_cut_off(common: House) -> None:
    """A chunked body is counted as it comes; nobody waits for its end."""

    async def pour() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 4_096

    response = await common.http.post(HISTORY, content=pour(), headers=await common.bearer())

    assert response.status_code == 413


async def test_a_chunked_body_is_as_good_as_any(common: House) -> None:
    """Without a length, a query of ordinary size is answered."""

    async def trickle() -> AsyncIterator[bytes]:
        content = _raw()
        yield content[:40]
        await asyncio.sleep(0.01)
        yield content[40:]

    response = await common.http.post(HISTORY, content=trickle(), headers=await common.bearer())

    assert response.status_code == 200


REFUSALS: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown purpose": (query_of(purpose="curiosity"), "not-permitted", "unknown-purpose"),
    "unknown source": (query_of(sources=["astrology"]), "not-permitted", "unknown-source"),
    "unknown field": (query_of(fields=["person.shoe_size"]), "not-permitted", "unknown-field"),
    "source beyond the contract": (
        query_of(purpose="crisis-intervention", sources=["health"]),
        "not-permitted",
        "not-in-contract",
    ),
    "field beyond the contract": (
        query_of(purpose="crisis-intervention", fields=["border.checkpoint"]),
        "not-permitted",
        "not-in-contract",
    ),
    "nothing left": (
        query_of(sources=["donors"], fields=["education.status"]),
        "not-permitted",
        "nothing-left",
    ),
    "emergency": (
        query_of(
            purpose="crisis-intervention", emergency={"reason": "the house is on fire and nobody answers"}
        ),
        "not-permitted",
        "emergency-not-in-contract",
    ),
    "no case": (query_of(case=None), "case-not-open", "case-required"),
    "unknown case": (query_of(case="KYIV-2026-999999"), "case-not-open", "case-unknown"),
    "another person's case": (
        query_of(case=query_about("andrii")["case"]),
        "case-not-open",
        "case-other-person",
    ),
    "another official": (
        query_of(official={"id": "worker-99"}),
        "case-not-open",
        "official-not-on-case",
    ),
    "consent missing": (query_about("andrii", sources=["health"]), "consent-missing", "consent-missing"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_general_outside_and_exact_in_the_record(common: House, name: str) -> None:
    """403 with one of few problems; the record alone has the reason, and no intent: nobody was asked."""
    query, slug, reason = REFUSALS[name]
    response = await common.ask(query)
    (event,) = await common.story(response.json()["instance"])

    assert response.status_code == 403
    assert response.json()["type"] == f"/problems/{slug}"
    assert (event["kind"], event["result"], event["reason"]) == ("refusal", "refused", reason)
    assert set(response.json()) == MEMBERS


@pytest.mark.parametrize("change", [{"closed": "2026-02-01"}, {"opened": "2999-01-01"}])
async def test_a_case_that_is_not_open_today_is_none(common: House, change: dict[str, str]) -> None:
    """Closed, or not opened yet: the query is refused, the record says that it was closed."""
    case = {
        "subject": {"scheme": "rnokpp", "value": MARIA},
        "officials": [{"id": "worker-17"}],
        "opened": "2026-01-12",
        **change,
    }
    name = f"KYIV-{'-'.join(change.values())}"
    await common.put(f"/v1/cases/{name}", case)
    response = await common.ask(query_of(case=name))
    (event,) = await common.story(response.json()["instance"])

    assert response.json()["type"] == "/problems/case-not-open"
    assert event["reason"] == "case-closed"


@pytest.mark.parametrize("language", ["uk", "en"])
async def test_each_problem_explains_itself(common: House, language: str) -> None:
    """`type` is an address that gives the same title and advice, in both languages."""
    headers = {"Accept-Language": language}
    response = await common.ask(query_of(case=None), Accept_Language=language)
    told = response.json()
    page = await common.http.get(told["type"], headers=headers)

    assert page.headers["content-language"] == response.headers["content-language"] == language
    assert page.json() == {name: told[name] for name in ("type", "title", "status", "advice")}


async def test_a_wrong_idempotency_key_is_refused(common: House) -> None:
    """An empty key or an endless one is a mistake, not a key."""
    empty = await common.ask(Idempotency_Key="")
    endless = await common.ask(Idempotency_Key="k" * 256)

    assert (empty.status_code, endless.status_code) == (422, 422)


async def test_what_is_asked_with_a_body_elsewhere_is_checked_too(common: House) -> None:
    """Cases and consents read their bodies by the same strict rules."""
    answers: list[httpx.Response] = [
        await common.put("/v1/cases/KYIV-1", {"subject": {"scheme": "rnokpp", "value": "1"}}),
        await common.post("/v1/consents", b"[" * 30_000),
        await common.post("/v1/consents", b'{"until": "tomorrow"}'),
        await common.put("/v1/cases/not%20a%20name", {}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 404]
