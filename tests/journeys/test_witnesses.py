"""A gateway and its witness: without one nothing is released after a while, with one it goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

import httpx
import pytest

from audit.cosignature import Cosigner
from audit.note import Verifier
from audit.policy import Policy
from audit.witness import Witness
from config.settings import WitnessSettings
from gateway.commands.demo import listening, serving
from gateway.commands.witness import witness_app
from tests.journeys.bus import PROVIDER, at_bus, envelope, post_soap, trembita_headers, xroad_headers
from tests.journeys.house import MARIA, House, open_house
from tests.journeys.spdci import PATH as SPDCI
from tests.journeys.spdci import message_of

KEY = Cosigner.of("ombudsman.example/w1", bytes(32))


@dataclass(slots=True)
class Scene:
    """A gateway whose witness does not answer yet."""

    house: House
    policy: Path
    listener: socket
    stack: AsyncExitStack
    folder: Path

    @asynccontextmanager
    async def witness(self) -> AsyncIterator[None]:
        """Let the witness answer for as long as the context is open."""
        log = Verifier.parse((await self.house.http.get("/log/key")).text)
        witness = Witness(
            self.folder / "heads.db", [KEY], {log.name: log}, lambda: int(datetime.now(UTC).timestamp())
        )
        async with serving(witness_app(witness), self.listener):
            yield

    async def open_witness(self) -> None:
        """Let the witness begin to answer, and go on."""
        await self.stack.enter_async_context(self.witness())

    async def witnessed(self) -> httpx.Response:
        """Wait until a head has its quorum, and fetch it."""
        while not (seen := await self.house.http.get("/log/witnessed")).is_success:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return seen

    async def state(self, wanted: str) -> str:
        """Wait until the witnesses are as wanted; give the state that readiness tells."""
        while (state := (await self.house.http.get("/readyz")).json()["witnesses"]) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return str(state)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give a gateway that alarms and stops within a second."""
    policy = tmp_path / "policy.txt"
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listening(0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        policy.write_text(f"witness ombudsman {KEY.public} {url}\nquorum ombudsman\n")
        limits = WitnessSettings(policy=policy, every=0.1, alarm_minutes=0.005, stop_hours=0.0003)
        house = await stack.enter_async_context(open_house(tmp_path / "house", witnesses=limits))
        yield Scene(house, policy, listener, stack, tmp_path)


async def test_a_gateway_alone_stops_and_goes_on_when_its_witness_is_back(scene: Scene) -> None:
    """503 in both languages and on record; with the first cosignature answers are released again."""
    await scene.house.post("/v1/social-history/preview", {})
    await scene.state("stopped")
    uk, en = await scene.house.ask(), await scene.house.ask(accept_language="en")
    ready = await scene.house.http.get("/readyz")
    await scene.open_witness()
    await scene.state("ready")
    answer = await scene.house.ask()
    refused = [event["kind"] for event in await scene.house.story(uk.headers["exchange-id"])]
    alarms = [event["reason"] for event in await scene.house.events() if event["kind"] == "alarm"]

    assert [uk.status_code, en.status_code, ready.status_code] == [503, 503, 503]
    assert [uk.json()["type"], uk.headers["content-language"]] == ["/problems/unwitnessed", "uk"]
    assert en.json()["title"].startswith("No witness has seen the record")
    assert refused == ["refusal"]
    assert answer.status_code == 200
    assert alarms[:2] == ["no-quorum", "no-quorum"]


async def trembita(house: House, _: str) -> httpx.Response:
    """Ask as another agency does over Trembita."""
    async with at_bus(house) as http:
        return await http.get("/restapi", headers=trembita_headers(Uxp_Subject_Id=MARIA))


async def x_road(house: House, _: str) -> httpx.Response:
    """Ask as another agency does over X-Road's REST."""
    body = {"subject": {"scheme": "rnokpp", "value": MARIA}, "purpose_id": "needs-assessment"}
    async with at_bus(house) as http:
        return await http.post(f"/r1/{PROVIDER}/GetSocialHistory", headers=xroad_headers(), json=body)


async def spdci(house: House, _: str) -> httpx.Response:
    """Ask with the published sample of a search."""
    return await house.post(SPDCI, message_of())


Door = Callable[[House, str], Awaitable[httpx.Response]]
DOORS: Mapping[str, Door] = {
    "asked": lambda house, _: house.ask(),
    "streamed": lambda house, _: house.ask(accept="text/event-stream"),
    "asked for later": lambda house, _: house.ask(prefer="respond-async"),
    "read again": lambda house, exchange_id: house.get(f"/v1/social-history/{exchange_id}"),
    "repeated": lambda house, _: house.ask(idempotency_key="one"),
    "soap": lambda house, _: post_soap(house, envelope()),
    "x-road": x_road,
    "trembita": trembita,
    "spdci": spdci,
}


async def test_no_door_gives_anything_out_while_the_gateway_is_alone(scene: Scene) -> None:
    """Whatever the protocol, and though the answer was given before: the stop is told, nothing else is."""
    async with scene.witness():
        given = await scene.house.ask(idempotency_key="one")
        await scene.witnessed()
    await scene.house.post("/v1/social-history/preview", {})
    await scene.state("stopped")
    told = {name: (await door(scene.house, given.json()["exchange_id"])).text for name, door in DOORS.items()}
    after = (await scene.house.events())[given.json()["receipt"]["index"] + 1 :]

    assert given.status_code == 200
    assert {name for name, text in told.items() if "/problems/unwitnessed" not in text} == set()
    assert not {"intent", "release", "delivery"} & {event["kind"] for event in after}


async def test_a_witnessed_head_is_served_and_verifies(scene: Scene, tmp_path: Path) -> None:
    """Anybody can fetch the newest head with its quorum, and an export meets the policy."""
    await scene.open_witness()
    await scene.house.ask()
    policy = Policy.parse(scene.policy.read_text())
    seen = await scene.witnessed()
    report = await scene.house.verified(tmp_path)

    assert policy.met(seen.text)
    assert report.ok
