"""A caller who leaves before the answer changes nothing: the exchange is finished, and told as it was."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.journeys.house import House, query_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _leave(house: House, accept: str) -> str:
    """Ask over a socket of one's own, close it while the sources are being asked; give the exchange."""
    body = json.dumps(query_of()).encode()
    bearer = (await house.bearer())["Authorization"]
    head = (
        f"POST /v1/social-history HTTP/1.1\r\nHost: obmin\r\nAuthorization: {bearer}\r\n"
        f"Accept: {accept}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    house.valve.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
    writer.write(head.encode() + body)
    await house.valve.holding()
    if accept == "text/event-stream":
        await reader.readuntil(b"200 OK")
    writer.transport.abort()
    exchange = await house.underway()
    # The server has heard of it once it serves somebody else after the socket was gone.
    await house.http.get("/healthz")
    house.valve.open()
    return exchange


async def _ended(house: House, exchange: str) -> list[dict[str, Any]]:
    """Give the exchange's story once its release and its delivery are told of, in either order."""
    while True:
        story = await house.story(exchange)
        if len(story) > 2:
            return story
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_an_exchange_is_finished_without_its_caller(house_of: House, accept: str) -> None:
    """Intent, release, and a delivery of which nothing is known; the answer can be read later."""
    exchange = await _leave(house_of, accept)
    story = await _ended(house_of, exchange)
    found = await house_of.get(f"/v1/social-history/{exchange}")

    results = {event["kind"]: event["result"] for event in story}
    released = next(event for event in story if event["kind"] == "release")

    assert results == {"intent": "", "release": "released", "delivery": "unknown"}
    assert found.status_code == 200
    assert found.json()["receipt"]["index"] == released["index"]
    assert {line["status"] for line in found.json()["sources"].values()} <= {"answered", "unknown"}


async def test_a_caller_who_stays_is_not_told_of_as_gone(house_of: House) -> None:
    """A delivery that went well leaves no entry of its own."""
    plain = (await house_of.ask()).headers["exchange-id"]
    streamed = (await house_of.ask(Accept="text/event-stream")).headers["exchange-id"]
    stories = [await house_of.story(plain), await house_of.story(streamed)]

    assert [[event["kind"] for event in story] for story in stories] == [["intent", "release"]] * 2
