"""A registry that changes what it sends: told once, with the first exchange, and answered all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.journeys.house import House, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "3311845622"


class Changing:
    """Stands before the registries and lets the donors' one say more than it did, and something else less."""

    def __init__(self, registries: ASGIApp) -> None:
        self._registries = registries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [each for each in message["headers"] if each[0] != b"content-length"]
            else:
                added = f'{{"loyalty":{{"{SECRET}":1}},'.encode()
                message = {**message, "body": message["body"].replace(b"{", added, 1)}
            await send(message)

        donors = scope["type"] == "http" and scope["path"].startswith("/donors")
        await self._registries(scope, receive, changed if donors else send)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Open a house before which the donors' registry has changed."""
    async with open_house(tmp_path_factory.mktemp("drift"), front=Changing) as opened:
        yield opened


async def test_drift_is_told_once_and_the_answer_is_given(house: House) -> None:
    """Three queries, one alarm and one entry of the list, which name the first exchange and no value."""
    first = (await house.ask()).json()
    await asyncio.gather(house.ask(), house.ask())
    alarms = [event for event in await house.events(kind="alarm") if event["reason"] == "drift"]
    listed = await house.get("/v1/sources/donors/drift", "auditor")

    assert first["sources"]["donors"]["status"] == "answered"
    assert [alarm["exchange_id"] for alarm in alarms] == [first["exchange_id"]]
    assert alarms[0]["details"]["new"] == ["loyalty", "loyalty.(unnamed)"]
    assert [(line["change"], line["member"]) for line in listed.json()["changes"]] == [
        ("new", "loyalty"),
        ("new", "loyalty.(unnamed)"),
    ]
    assert SECRET not in listed.text + str(alarms) + house.logs.getvalue()


async def test_every_drifted_answer_is_counted(house: House) -> None:
    """The metric goes on counting when the alarm has been given."""
    before = await house.metric('obmin_source_drift_total{source="donors"}')
    await house.ask()
    after = await house.metric('obmin_source_drift_total{source="donors"}')

    assert after - before == 1


async def test_a_registry_that_has_not_changed_has_an_empty_list(house: House) -> None:
    """What the samples show is no drift; an unknown registry is 404."""
    listed = await house.get("/v1/sources/education/drift", "auditor")
    unknown = await house.get("/v1/sources/nowhere/drift", "auditor")
    forbidden = await house.get("/v1/sources/education/drift")

    assert listed.json()["changes"] == []
    assert (unknown.status_code, forbidden.status_code) == (404, 403)


async def test_the_month_is_noted_for_the_owner(house: House) -> None:
    """Identical queries at once are saved calls; the note says so in both languages."""
    await asyncio.gather(*(house.ask() for _ in range(10)))
    month = f"{datetime.now(UTC):%Y-%m}"
    note = (await house.get("/v1/sources/border/note", "auditor", month=month)).json()
    wrong = await house.get("/v1/sources/border/note", "auditor", month="november")

    assert note["wanted"] == note["asked"] + note["saved"]
    assert note["text"]["uk"].startswith(f"border, {month}: шлюз мав")
    assert wrong.status_code == 422
