"""A person is asked for her consent: a message, a page, an answer, and what waited goes on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.journeys.house import House, open_house, query_about

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house_of(database_of: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a gateway on each of the two databases that reaches people by files."""
    folder = tmp_path_factory.mktemp("asking") / "deployment"
    async with open_house(folder, database_of, messages=folder / "messages") as opened:
        yield opened


def _request(key: str, **changes: Any) -> dict[str, Any]:
    query = query_about(key)
    return {
        "subject": query["subject"],
        "purpose": "needs-assessment",
        "sources": ["health"],
        "case": query["case"],
        "official": "worker-17",
        "until": "2027-06-01",
        **changes,
    }


async def _asked(house: House, key: str) -> dict[str, Any]:
    response = await house.post("/v1/consent-requests", _request(key))
    assert response.status_code == 201, response.text
    asked: dict[str, Any] = response.json()
    return asked


def _message(house: House, asked: dict[str, Any]) -> dict[str, Any]:
    path = house.demo.folder / "messages" / f"consent-request-{asked['id']}.json"
    message: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return message


async def _on_her_page(house: House, asked: dict[str, Any], **form: str) -> httpx.Response:
    return await house.http.post(f"/person/consent-requests/{asked['id']}", data=form)


async def _answered(house: House, asked: dict[str, Any], answer: str) -> httpx.Response:
    return await _on_her_page(house, asked, code=_message(house, asked)["code"], answer=answer)


def _waiting(key: str, asked: dict[str, Any]) -> dict[str, Any]:
    return query_about(key, sources=["health"], consent_request=asked["id"])


async def test_an_exchange_waits_for_the_answer_and_goes_on(house_of: House) -> None:
    """Asked in a message, she agrees on her page, and the exchange that waited is answered on her consent."""
    asked = await _asked(house_of, "amir")
    accepted = await house_of.ask(_waiting("amir", asked), Prefer="respond-async")
    before = await house_of.get(accepted.headers["Location"])
    page = await _answered(house_of, asked, "given")
    answer = (await house_of.fetched(accepted.headers["Location"])).json()
    closed = (await house_of.get(f"/v1/consent-requests/{asked['id']}")).json()

    assert (accepted.status_code, before.status_code) == (202, 202)
    assert "записано" in page.text
    assert closed["state"] == "given"
    assert answer["ground"]["id"] == closed["consent"]


async def test_a_refusal_ends_what_waited(house_of: House) -> None:
    """The exchange is refused, the refusal is on file, and she is not asked again."""
    asked = await _asked(house_of, "ihor")
    accepted = await house_of.ask(_waiting("ihor", asked), Prefer="respond-async")
    await _answered(house_of, asked, "refused")
    ended = await house_of.fetched(accepted.headers["Location"])
    again = await house_of.post("/v1/consent-requests", _request("ihor"))
    told = [event["result"] for event in await house_of.events(subject_ref=asked["subject_ref"])]

    assert (ended.status_code, ended.json()["type"]) == (403, "/problems/consent-missing")
    assert (again.status_code, again.json()["type"]) == (429, "/problems/asked-too-often")
    assert {"request-asked", "request-reached", "refused"} <= set(told)


async def test_nobody_is_asked_twice_at_once(house_of: House) -> None:
    """While she is being asked, the same is not asked again."""
    await _asked(house_of, "nina")
    again = await house_of.post("/v1/consent-requests", _request("nina"))

    assert (again.status_code, again.headers["Retry-After"]) == (429, "86400")


async def test_the_page_shows_nothing_without_the_code(house_of: House) -> None:
    """Its address alone tells no purpose and no agency; with the code it shows the text in force."""
    asked = await _asked(house_of, "viktor")
    page = await house_of.http.get(f"/person/consent-requests/{asked['id']}")
    wrong = await _on_her_page(house_of, asked, code="12")
    shown = await _on_her_page(house_of, asked, code=_message(house_of, asked)["code"])

    assert (page.status_code, wrong.status_code, shown.status_code) == (200, 403, 200)
    assert "здоров" not in page.text + wrong.text
    assert "Я погоджуюся" in shown.text
    assert "<script>" not in shown.text
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_few_wrong_codes_close_the_page(house_of: House) -> None:
    """After five the right one does not open it either; the portal still does."""
    asked = await _asked(house_of, "stepan")
    for_nothing = [await _on_her_page(house_of, asked, code=f"{number}") for number in range(5)]
    late = await _answered(house_of, asked, "given")
    path = f"/v1/consent-requests/{asked['id']}/answer"
    portal = await house_of.post(path, {"answer": "given"}, "person-portal")

    assert {each.status_code for each in for_nothing} == {403}
    assert late.status_code == 403
    assert portal.json()["state"] == "given"


async def test_an_answer_is_given_once(house_of: House) -> None:
    """A second answer is too late; the first stands."""
    asked = await _asked(house_of, "lukian")
    path = f"/v1/consent-requests/{asked['id']}/answer"
    answers = [
        await house_of.post(path, {"answer": answer}, "person-portal") for answer in ("refused", "given")
    ]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert (await house_of.get(f"/v1/consent-requests/{asked['id']}")).json()["state"] == "refused"


async def test_another_agencys_request_is_not_found(house_of: House) -> None:
    """Neither to read nor to wait for, and a request about somebody else is not hers to wait for."""
    asked = await _asked(house_of, "hanna")
    unknown = await house_of.http.get("/person/consent-requests/018f-0000")
    waiting = await house_of.ask(_waiting("andrii", asked), Prefer="respond-async")

    assert (unknown.status_code, waiting.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"purpose": "curiosity"}, 422, "/purpose"),
        ({"sources": ["astrology"]}, 422, "/sources"),
        ({"until": "2020-01-01"}, 422, "/until"),
        ({"answer_by": "2020-01-01T00:00:00Z"}, 422, "/answer_by"),
        ({"language": "fr"}, 422, "/language"),
        ({"case": "KYIV-2026-000120"}, 404, ""),
        ({"official": "worker-99"}, 404, ""),
    ],
)
async def test_a_question_that_cannot_be_is_refused_at_its_place(
    house_of: House, changes: dict[str, Any], status: int, pointer: str
) -> None:
    """What is asked, until when, in whose case: each has its rule."""
    refused = await house_of.post("/v1/consent-requests", _request("oleksandr-kyiv", **changes))
    places = [place["pointer"] for place in refused.json().get("errors", ())]

    assert refused.status_code == status
    assert places == ([pointer] if pointer else [])
