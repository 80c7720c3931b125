"""An agency's side of a push in tests: a receiver on a socket, and messages submitted beside the gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import text
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.vocabulary import AgencyId, ExchangeId, Purpose, SubjectRef
from gateway.app import channels_of, lay_foundation, outbox_of
from gateway.background import stop
from gateway.clock import Clock
from gateway.commands.demo import listening, serving
from gateway.outbox.message import Draft, Message
from gateway.outbox.sealing import open_message
from gateway.outbox.service import Outbox
from gateway.storage.engine import Database
from tests.journeys.house import CASE, House

OFFICIAL = {"official": {"id": "clinic-1"}}


@dataclass
class Receiver:
    """Takes webhooks. `answers` are statuses, the last one for ever; `secret` is what it verifies with."""

    url: str = ""
    secret: str = ""
    echo: bool = True
    answers: list[int] = field(default_factory=lambda: [202])
    headers: dict[str, str] = field(default_factory=dict)
    came: list[dict[str, Any]] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        """Verify and take one message; a challenge is sent back."""
        body = await request.body()
        event = Webhook(self.secret).verify(body, dict(request.headers))
        if event["type"] == "obmin.endpoint.verification":
            return JSONResponse({"challenge": event["data"]["challenge"] if self.echo else "another"})
        self.came.append(event)
        self.signatures.append(request.headers["webhook-signature"])
        self.arrived.set()
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(status_code=status, headers=self.headers)

    async def messages(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many have come."""
        async with asyncio.timeout(20):
            while len(self.came) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.came


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen as an agency does."""
    receiver = Receiver()
    app = Starlette(routes=[Route("/in", receiver.take, methods=["POST"])])
    with listening(0) as listener:
        receiver.url = f"http://127.0.0.1:{listener.getsockname()[1]}/in"
        async with serving(app, listener):
            yield receiver


async def registered(house: House, receiver: Receiver, agency: str = "clinic") -> dict[str, Any]:
    """Register a receiver and let it prove itself; give the endpoint as it was answered last."""
    body = {"kind": "webhook", "address": receiver.url, **OFFICIAL}
    made = (await house.post("/v1/endpoints", body, agency)).json()
    receiver.secret = made["secret"]
    shown = await stepped(house, made["id"], "verification", agency)
    assert shown.status_code == 200, shown.text
    return {**made, **shown.json()}


async def stepped(house: House, endpoint: str, step: str, agency: str = "clinic") -> httpx.Response:
    """Take a step with an endpoint."""
    return await house.post(f"/v1/endpoints/{endpoint}/{step}", OFFICIAL, agency)


async def deleted(house: House, agency: str = "clinic") -> None:
    """Leave an agency without an endpoint, as it was."""
    for each in (await house.get("/v1/endpoints", agency)).json()["endpoints"]:
        await stepped(house, each["id"], "deletion", agency)


@dataclass
class Beside:
    """What runs beside a house on the same database: it submits as services do."""

    house: House
    outbox: Outbox
    subject_ref: SubjectRef

    async def submit(self, number: int = 0, **changes: Any) -> Message:
        """Submit a message that is owed by law."""
        members: dict[str, Any] = {
            "type": "obmin.test",
            "agency": AgencyId("clinic"),
            "sender": AgencyId("case-system"),
            "key": "lane-1",
            "subject_ref": self.subject_ref,
            "purpose": Purpose("needs-assessment"),
            "content": json.dumps({"number": number}).encode(),
            "expires_at": datetime.now(UTC) + timedelta(days=7),
            "exchange_id": ExchangeId("019ab000-0000-7000-8000-000000000000"),
            "duty": "recall",
            **changes,
        }
        return await self.outbox.delivery.submit(Draft(**members))


@asynccontextmanager
async def beside(house: House) -> AsyncIterator[Beside]:
    """Open what is beside a house; on PostgreSQL its worker works, as `obmin worker` does."""
    async with lay_foundation(house.settings) as foundation, AsyncExitStack() as stack:
        channels = channels_of(foundation)
        stack.push_async_callback(channels.posting.close)
        outbox = outbox_of(foundation, channels, Clock())
        if foundation.database.dialect.name == "postgresql":
            stack.push_async_callback(stop, asyncio.create_task(outbox.worker.run()))
        ref = await house.stored(f"SELECT subject_ref FROM cases WHERE id = '{CASE}'")  # noqa: S608  ours
        yield Beside(house, outbox, SubjectRef(ref))


def content_of(house: House, event: dict[str, Any], agency: str = "clinic") -> dict[str, Any]:
    """Open what is sealed to an agency."""
    jwk = json.loads(house.demo.private_key(agency).read_text("utf-8"))
    content: dict[str, Any] = open_message(event["data"], jwk, AgencyId(agency), event["id"])["content"]
    return content


async def state_of(house: House, message: Message, *wanted: str) -> str:
    """Wait until a message is in one of the states."""
    async with asyncio.timeout(20):
        while True:
            state = await house.stored(f"SELECT state FROM outbox WHERE id = '{message.id}'")  # noqa: S608  ours
            if state in wanted:
                return state
            await asyncio.sleep(0.05)


async def changed(house: House, statement: str) -> None:
    """Change the database beside the gateway: what time would do."""
    database = Database(house.settings.database.url)
    try:
        await database.write(text(statement))
    finally:
        await database.close()
