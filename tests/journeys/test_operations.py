"""What those who run a gateway look at: alive, ready, described, and honest when there is no room."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from config.settings import LimitSettings
from tests.journeys.house import House, open_house, query_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_sound_gateway_is_alive_and_ready(common: House) -> None:
    """Both probes need no token; readiness names what it looked at."""
    alive, ready = await common.http.get("/healthz"), await common.http.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {"database": "ready", "keys": "ready", "record": "ready"}


async def test_every_answer_is_named_and_not_stored(common: House) -> None:
    """Each response has its exchange's id and forbids caches, problems included."""
    answers = [
        await common.ask(),
        await common.http.get("/nowhere"),
        await common.http.get("/healthz"),
        await common.ask(query_of(case=None)),
    ]

    assert len({answer.headers["exchange-id"] for answer in answers}) == 4
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert not any("server" in answer.headers for answer in answers)


async def test_a_head_request_is_a_get_without_content(common: House) -> None:
    """The status and length are those of GET, the content is left out (RFC 9110 §9.3.2)."""
    got = await common.http.get("/healthz")
    head = await common.http.head("/healthz")

    assert (head.status_code, head.headers["content-length"]) == (200, got.headers["content-length"])
    assert head.content == b""


async def test_an_unusual_method_is_not_counted_by_name(common: House) -> None:
    """Neither metrics nor logs repeat it."""
    await common.http.request("PROPFIND", "/healthz")
    metrics = (await common.http.get("/metrics")).text

    assert 'method="other"' in metrics
    assert "PROPFIND" not in metrics + common.logs.getvalue()


async def test_metrics_count_by_route_and_not_by_path(common: House) -> None:
    """What was typed into an address is no label."""
    await common.get("/v1/cases/KYIV-2026-555555")
    await common.http.get("/typed-by-somebody-4711")
    metrics = (await common.http.get("/metrics")).text

    assert 'route="/v1/cases/{case}"' in metrics
    assert "KYIV-2026-555555" not in metrics
    assert "4711" not in metrics


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for member in node.values():
            yield from _references(member)
    elif isinstance(node, list):
        for member in node:
            yield from _references(member)


def _resolves(document: Mapping[str, Any], reference: str) -> bool:
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = node.get(step, {})
    return bool(node)


async def test_the_interface_describes_itself(common: House) -> None:
    """OpenAPI 3.1: every reference resolves, every operation has a name of its own and its answers."""
    document = (await common.http.get("/openapi.json")).json()
    names = Counter(operation["operationId"] for _, _, operation in _operations(document))
    bodies = {path for path, _, operation in _operations(document) if "requestBody" in operation}

    assert document["openapi"].startswith("3.1.")
    assert [ref for ref in _references(document) if not _resolves(document, ref)] == []
    assert set(names.values()) == {1}
    assert all(operation["responses"] for _, _, operation in _operations(document))
    assert {"/v1/social-history", "/v1/social-history/preview", "/v1/cases/{case}", "/v1/consents"} <= bodies


async def test_the_description_names_every_member_of_a_query(common: House) -> None:
    """A reader learns from it what may be sent, and that nothing else may."""
    document = (await common.http.get("/openapi.json")).json()
    history = document["components"]["schemas"]["HistoryBody"]

    assert set(history["required"]) == {"subject", "purpose", "official"}
    assert set(history["properties"]) == {
        "subject", "purpose", "case", "official", "sources", "fields", "emergency",
        "consent", "consent_request",
    }  # fmt: skip
    assert history["additionalProperties"] is False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a house with room for one exchange."""
    folder = tmp_path_factory.mktemp("narrow") / "deployment"
    async with open_house(folder, limits=LimitSettings(exchanges=1)) as opened:
        await opened.bearer()
        await opened.bearer("auditor")
        yield opened


async def test_without_room_a_caller_is_told_to_come_back(narrow: House) -> None:
    """503 with Retry-After before any work: not in the record, and probes still answer."""
    narrow.valve.close()
    first = asyncio.create_task(narrow.ask())
    await narrow.valve.holding()
    refused: list[httpx.Response] = [await narrow.ask(), await narrow.post("/v1/social-history", b"[")]
    probe = await narrow.http.get("/healthz")
    narrow.valve.open()
    answered = await first
    recorded = await narrow.story(refused[0].json()["instance"])
    again = await narrow.ask()

    assert {(answer.status_code, answer.json()["type"]) for answer in refused} == {
        (503, "/problems/overloaded")
    }
    assert int(refused[0].headers["retry-after"]) > 0
    assert (probe.status_code, answered.status_code, again.status_code) == (200, 200, 200)
    assert recorded == []


async def test_an_exchange_that_nobody_waits_for_takes_up_room(narrow: House) -> None:
    """What was accepted with 202 counts until it is done."""
    narrow.valve.close()
    accepted = await narrow.ask(Prefer="respond-async")
    refused = await narrow.ask()
    narrow.valve.open()
    await narrow.fetched(accepted.headers["location"])
    again = await narrow.ask()

    assert [accepted.status_code, refused.status_code, again.status_code] == [202, 503, 200]


def _tamper(house: House) -> None:
    """Change an entry beneath the signed head, as somebody with the database in hand could."""
    path = Path(house.settings.database.url.partition("///")[2])
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER audit_checkpoints_update")
    connection.execute("UPDATE audit_checkpoints SET note = replace(note, 'obmin', 'other')")
    connection.commit()
    connection.close()


async def _until(house: House, status: int) -> httpx.Response:
    while True:
        response = await house.http.get("/readyz")
        if response.status_code == status:
            return response
        await asyncio.sleep(0.05)


async def test_a_gateway_whose_record_was_tampered_with_is_not_ready(tmp_path: Path) -> None:
    """The publisher signs nothing over a contradiction and ends; readiness says so."""
    async with open_house(tmp_path / "deployment") as house:
        await house.ask()
        _tamper(house)
        await house.ask()
        told = await asyncio.wait_for(_until(house, 503), 20)

    assert told.json() == {"database": "ready", "keys": "ready", "record": "not-ready"}
