"""The database goes away and comes back: nothing is released unrecorded, and nobody restarts anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from gateway.app import chores_of, lay_foundation
from tests.journeys.house import CASE, House, case_of, open_house, query_of
from tests.postgres import Server

GONE = {"/problems/record-unavailable", "/problems/storage-unavailable"}


@pytest.fixture
async def house(postgres_server: Server, tmp_path: Path) -> AsyncIterator[House]:
    """Give a gateway on a server that the test may stop; it is running again when the gateway closes."""
    async with open_house(tmp_path / "deployment", postgres_server.url()) as opened:
        await opened.bearer()
        await opened.bearer("auditor")
        yield opened


async def _back(house: House) -> httpx.Response:
    """Wait until the gateway serves again."""
    while (await house.http.get("/readyz")).status_code != httpx.codes.OK:  # noqa: ASYNC110  no event tells
        await asyncio.sleep(0.05)
    return await house.ask()


@pytest.mark.parametrize("end", [Server.stop, Server.kill])
async def test_gone_while_sources_are_asked_nothing_is_released(
    house: House, postgres_server: Server, end: Callable[[Server], None]
) -> None:
    """503 without a value; back again, the record shows an intent and no release, and the gateway serves."""
    house.valve.close()
    asking = asyncio.create_task(house.ask())
    await house.valve.holding()
    await asyncio.to_thread(end, postgres_server)
    house.valve.open()
    refused = await asking
    await asyncio.to_thread(postgres_server.start)
    answered = await _back(house)
    story = await house.story(refused.json()["instance"])
    kept = await house.get(f"/v1/social-history/{refused.json()['instance']}")

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/record-unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert "Бондаренко" not in refused.text
    assert [event["kind"] for event in story] == ["intent"]
    assert (answered.status_code, kept.status_code) == (200, 404)


async def test_whatever_is_asked_of_an_absent_database_is_a_problem(
    house: House, postgres_server: Server
) -> None:
    """Every door says 503 with Retry-After and nothing of the driver's; the process is alive, not ready."""
    await asyncio.to_thread(postgres_server.stop)
    answers = [
        await house.ask(),
        await house.ask(Accept="text/event-stream"),
        await house.ask(Prefer="respond-async"),
        await house.ask(Idempotency_Key="key-1"),
        await house.post("/v1/social-history/preview", query_of()),
        await house.get("/v1/social-history/0192"),
        await house.get(f"/v1/cases/{CASE}"),
        await house.put(f"/v1/cases/{CASE}", case_of("maria")),
        await house.post("/v1/consents", {"subject": {"scheme": "rnokpp", "value": "3311845622"}}),
        await house.get("/v1/consents/x"),
        await house.get("/v1/consents", subject_ref="x"),
        await house.get("/v1/audit/events", "auditor"),
        await house.get("/v1/audit/events/x", "auditor"),
        await house.get("/v1/audit/events/x/proof", "auditor"),
        await house.get("/v1/audit/export", "auditor"),
        await house.http.get("/log/checkpoint"),
        await house.http.get("/log/tile/0/000.p/1"),
        await house.present(house.client("partner")._assertion()),
    ]
    ready, alive = await house.http.get("/readyz"), await house.http.get("/healthz")
    await asyncio.to_thread(postgres_server.start)
    told = [answer.json().get("type") for answer in answers]

    assert set(told) - GONE == {"/problems/invalid-body"}
    assert told.count("/problems/invalid-body") == 1
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
    assert not any("asyncpg" in answer.text or "127.0.0.1" in answer.text for answer in answers)
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert "Бондаренко" not in house.logs.getvalue()


async def test_after_many_absences_the_record_is_whole(
    house: House, postgres_server: Server, tmp_path: Path
) -> None:
    """Whatever clients got is in the record, intents that died are ended, and the log verifies."""
    first = await house.ask()
    house.valve.close()
    asking = [asyncio.create_task(house.ask()) for _ in range(4)]
    await house.valve.holding()
    await asyncio.to_thread(postgres_server.kill)
    house.valve.open()
    refused = await asyncio.gather(*asking)
    await asyncio.to_thread(postgres_server.start)
    last = await _back(house)
    async with lay_foundation(house.settings) as foundation:
        chores = chores_of(foundation)
        abandoned = await chores.round(timedelta(0))
    report = await house.verified(tmp_path, first.json(), last.json())

    assert {answer.status_code for answer in refused} == {503}
    assert abandoned == report.kinds["abandoned"] <= 4
    assert report.ok, report.as_json()
    assert (report.receipts, report.open_count) == (2, 0)
