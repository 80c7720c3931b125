"""A whole gateway for one test: real sockets, a real database, the simulated registries behind it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adapters.simulation import Faults, simulate_registries
from audit.report import Report
from audit.verify import verify
from config.settings import DatabaseSettings, LimitSettings, Settings
from gateway.app import create_app
from gateway.commands.client import Client, open_fields
from gateway.commands.demo import listening, prepare_database, serving
from gateway.commands.deployment import Demo, prepare_demo
from gateway.logs import configure_logs

MARIA = "3311845622"
CASE = "KYIV-2026-000120"


@dataclass
class House:
    """What a test talks to. `logs` is everything that the gateway wrote to its log."""

    url: str
    demo: Demo
    settings: Settings
    faults: Faults
    logs: io.StringIO
    http: httpx.AsyncClient

    def client(self, agency: str) -> Client:
        """Give an agency's own client."""
        return Client(self.url, agency, self.demo.private_key(agency))

    async def bearer(self, agency: str = "case-system") -> dict[str, str]:
        """Get a fresh token and give the header that carries it."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.client(agency)._assertion(),
        }
        response = await self.http.post("/oauth/token", data=form)
        return {"Authorization": f"Bearer {response.json()['access_token']}"}

    async def ask(
        self, query: Mapping[str, Any] | None = None, agency: str = "case-system", **headers: str
    ) -> httpx.Response:
        """Ask for a social history."""
        sent = await self.bearer(agency) | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/v1/social-history", json=query or query_of(), headers=sent)

    def opened(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Open what was sealed to the case system."""
        return open_fields(answer, "case-system", self.demo.recipient_key("case-system"))

    async def events(self, **filters: str) -> list[dict[str, Any]]:
        """Read the record as an auditor."""
        found = await self.http.get(
            "/v1/audit/events", params={"limit": "1000", **filters}, headers=await self.bearer("auditor")
        )
        events: list[dict[str, Any]] = found.json()["events"]
        return events

    async def verified(self, folder: Path, *answers: Mapping[str, Any]) -> Report:
        """Export the record once its head covers all of it, and verify it offline with the receipts."""
        newest = (await self.events())[-1]
        await self.http.get(f"/v1/audit/events/{newest['id']}/proof", headers=await self.bearer("auditor"))
        exported = await self.http.get("/v1/audit/export", headers=await self.bearer("auditor"))
        archive = folder / "log.tar.gz"
        archive.write_bytes(exported.content)
        shutil.unpack_archive(archive, folder, filter="data")
        key = (await self.http.get("/log/key")).text.strip()
        receipts = [{**answer["receipt"], "exchange_id": answer["exchange_id"]} for answer in answers]
        return verify(folder / "log", receipts, key)


def query_of(**changes: Any) -> dict[str, Any]:
    """Give the main person's query, with changes; None takes a member out."""
    query = {
        "subject": {"scheme": "rnokpp", "value": MARIA},
        "purpose": "needs-assessment",
        "case": CASE,
        "official": {"id": "worker-17"},
        **changes,
    }
    return {name: value for name, value in query.items() if value is not None}


def stream_events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Read server-sent events."""
    blocks = (block.split("\n") for block in text.strip().split("\n\n"))
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


@asynccontextmanager
async def open_house(
    folder: Path,
    database: str = "",
    limits: LimitSettings | None = None,
    contracts: Path | None = None,
    prepared: bool = False,
) -> AsyncIterator[House]:
    """Open a deployment in a folder, and close it whole. An empty database URL means SQLite there.

    `prepared` says that the database has been brought up and seeded by another house.
    """
    logs, faults = io.StringIO(), Faults()
    configure_logs("info", logs)
    async with AsyncExitStack() as stack:
        registries = stack.enter_context(listening(0))
        address = f"http://127.0.0.1:{registries.getsockname()[1]}"
        await stack.enter_async_context(serving(simulate_registries(faults), registries))
        listener = stack.enter_context(listening(0))
        demo, settings = prepare_demo(folder, listener.getsockname()[1], address)
        update: dict[str, Any] = {"limits": limits or LimitSettings()}
        if database:
            update["database"] = DatabaseSettings(url=database)
        if contracts:
            update["contracts"] = contracts
        settings = settings.model_copy(update=update)
        if not prepared:
            await prepare_database(settings)
        await stack.enter_async_context(serving(create_app(settings), listener))
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=settings.public_url, timeout=30, trust_env=False)
        )
        yield House(settings.public_url, demo, settings, faults, logs, http)
