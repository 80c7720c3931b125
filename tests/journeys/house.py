"""A whole gateway for one test: real sockets, a real database, the simulated registries behind it."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.people import load_people
from adapters.simulation import Faults, simulate_registries
from audit.event import ENDS
from audit.report import Report
from audit.verify import verify
from config.settings import DatabaseSettings, LimitSettings, Settings, WitnessSettings
from gateway.app import create_app
from gateway.clock import Clock
from gateway.commands.client import Client, open_fields
from gateway.commands.demo import listening, prepare_database, sending, serving, serving_bus
from gateway.commands.deployment import Demo, prepare_demo
from gateway.logs import configure_logs
from gateway.storage.engine import Database
from tests.journeys.furnishing import furnish

MARIA = "3311845622"
CASE = "KYIV-2026-000120"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Valve:
    """Stands before the simulated registries; closed, it holds every question back until it opens."""

    def __init__(self, registries: ASGIApp) -> None:
        self._registries = registries
        self._open = asyncio.Event()
        self._open.set()
        self._reached = asyncio.Event()

    def close(self) -> None:
        """Let nothing through."""
        self._open.clear()
        self._reached.clear()

    def open(self) -> None:
        """Let everything through, what has waited first."""
        self._open.set()

    async def holding(self) -> None:
        """Wait until a question is held back: the intent is on record, the sources are being asked."""
        await self._reached.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one question, in its time."""
        self._reached.set()
        await self._open.wait()
        await self._registries(scope, receive, send)


@dataclass
class House:
    """What a test talks to. `logs` is everything that the gateway wrote to its log."""

    url: str
    demo: Demo
    settings: Settings
    faults: Faults
    valve: Valve
    logs: io.StringIO
    http: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, agency: str) -> Client:
        """Give an agency's own client."""
        return Client(self.url, agency, self.demo.private_key(agency))

    async def bearer(self, agency: str = "case-system") -> dict[str, str]:
        """Give the header that carries an agency's token, which is fetched once."""
        if agency not in self.tokens:
            response = await self.present(self.client(agency)._assertion())
            self.tokens[agency] = response.json()["access_token"]
        return {"Authorization": f"Bearer {self.tokens[agency]}"}

    async def present(self, assertion: str) -> httpx.Response:
        """Ask for a token with an assertion."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return await self.http.post("/oauth/token", data=form)

    async def get(self, path: str, agency: str = "case-system", **params: str) -> httpx.Response:
        """Read something."""
        return await self.http.get(path, params=params, headers=await self.bearer(agency))

    async def post(
        self, path: str, body: object, agency: str = "case-system", **headers: str
    ) -> httpx.Response:
        """Post a JSON body, or bytes as they are."""
        sent = await self.bearer(agency) | {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(path, content=content, headers=sent)

    async def put(
        self, path: str, body: object, agency: str = "case-system", **headers: str
    ) -> httpx.Response:
        """Put a JSON body."""
        sent = await self.bearer(agency) | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.put(path, json=body, headers=sent)

    async def ask(
        self, query: Mapping[str, Any] | None = None, agency: str = "case-system", **headers: str
    ) -> httpx.Response:
        """Ask for a social history."""
        return await self.post("/v1/social-history", query or query_of(), agency, **headers)

    async def fetched(self, place: str) -> httpx.Response:
        """Fetch what was accepted for later, as soon as it is there."""
        bearer = await self.bearer()
        response = await self.http.get(place, headers=bearer)
        while response.status_code == httpx.codes.ACCEPTED:
            await asyncio.sleep(0.02)
            response = await self.http.get(place, headers=bearer)
        return response

    def opened(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Open what was sealed to the case system."""
        return open_fields(answer, "case-system", self.demo.private_key("case-system"))

    async def events(self, **filters: str) -> list[dict[str, Any]]:
        """Read the record as an auditor."""
        found = await self.http.get(
            "/v1/audit/events", params={"limit": "1000", **filters}, headers=await self.bearer("auditor")
        )
        assert found.is_success, found.text
        events: list[dict[str, Any]] = found.json()["events"]
        return events

    async def consent(self, key: str, **changes: Any) -> dict[str, Any]:
        """Give the body that puts a consent of one of the simulated people on file."""
        preview = await self.post("/v1/social-history/preview", query_about(key))
        return {
            "subject": query_about(key)["subject"],
            "consumer": "case-system",
            "purpose": "needs-assessment",
            "sources": ["health"],
            "notice_digest": preview.json()["consent_text"]["uk"]["digest"],
            "language": "uk",
            "until": "2027-01-01T00:00:00Z",
            **changes,
        }

    async def story(self, exchange_id: str) -> list[dict[str, Any]]:
        """Read what the record tells of one exchange."""
        return [event for event in await self.events() if event["exchange_id"] == exchange_id]

    async def metric(self, prefix: str) -> float:
        """Read one metric, by how its line begins; 0 where there is none yet."""
        lines = (await self.http.get("/metrics")).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(prefix))

    async def underway(self) -> str:
        """Wait until an intent is on record that nothing has ended, and give its exchange."""
        while True:
            events = await self.events()
            ended = {event["exchange_id"] for event in events if event["kind"] in ENDS}
            for event in events:
                if event["kind"] == "intent" and event["exchange_id"] not in ended:
                    return str(event["exchange_id"])
            await asyncio.sleep(0.02)

    async def stored(self, query: str) -> str:
        """Read the database beside the gateway; give everything found as one text."""
        database = Database(self.settings.database.url)
        try:
            rows = await database.fetch(text(query))
        finally:
            await database.close()
        return " ".join(_readable(value) for row in rows for value in row)

    async def verified(self, folder: Path, *answers: Mapping[str, Any]) -> Report:
        """Export the record and verify it offline with the receipts."""
        exported = await self.http.get("/v1/audit/export", headers=await self.bearer("auditor"))
        archive = folder / "log.tar.gz"
        archive.write_bytes(exported.content)
        shutil.unpack_archive(archive, folder, filter="data")
        key = (await self.http.get("/log/key")).text.strip()
        receipts = [{**answer["receipt"], "exchange_id": answer["exchange_id"]} for answer in answers]
        return verify(folder / "log", receipts, key)


def _readable(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


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


def query_about(key: str, **changes: Any) -> dict[str, Any]:
    """Give a query about one of the simulated people, in the case that the demo opened for that person."""
    people = load_people()
    person = people[key]
    scheme = "rnokpp" if person.rnokpp else "unzr"
    subject = {"scheme": scheme, "value": getattr(person, scheme)}
    return query_of(
        **{"subject": subject, "case": f"KYIV-2026-{200 + list(people).index(key):06}", **changes}
    )


def case_of(key: str, **changes: Any) -> dict[str, Any]:
    """Give the body that opens a case for one of the simulated people."""
    return {
        "subject": query_about(key)["subject"],
        "officials": [{"id": "worker-17"}],
        "opened": "2026-01-12",
        **changes,
    }


@asynccontextmanager
async def open_house(
    folder: Path,
    database: str = "",
    limits: LimitSettings | None = None,
    contracts: Path | None = None,
    witnesses: WitnessSettings | None = None,
    *,
    prepared: bool = False,
    clock: Clock | None = None,
    messages: Path | None = None,
    bus: Mapping[str, Any] | None = None,
    govstack: Mapping[str, Any] | None = None,
    issuer: str = "",
    front: Callable[[ASGIApp], ASGIApp] = lambda registries: registries,
) -> AsyncIterator[House]:
    """Open a deployment in a folder, and close it whole. An empty database URL means SQLite there.

    `prepared` says that the database has been brought up and seeded by another house. `bus` and `govstack`
    change the settings of those names. `front` may stand between the gateway and the registries.
    `clock` replaces the machine's; people are reached by files in `messages`, sign in at `issuer`.
    """
    logs, faults = io.StringIO(), Faults()
    configure_logs("info", logs)
    async with AsyncExitStack() as stack:
        registries = stack.enter_context(listening(0))
        address = f"http://127.0.0.1:{registries.getsockname()[1]}"
        valve = Valve(front(simulate_registries(faults)))
        await stack.enter_async_context(serving(valve, registries))
        stack.callback(valve.open)
        listener = stack.enter_context(listening(0))
        at_bus = stack.enter_context(listening(0))
        ports = [each.getsockname()[1] for each in (listener, at_bus)]
        if usual := not (prepared or contracts or govstack):
            await furnish(folder, database)
        demo, settings = prepare_demo(folder, ports[0], address, ports[1], issuer)
        update: dict[str, Any] = {
            "limits": limits or LimitSettings(),
            "bus": settings.bus.model_copy(update=dict(bus or {})),
            "witnesses": witnesses or WitnessSettings(),
            "govstack": settings.govstack.model_copy(update=dict(govstack or {})),
            "messages": messages,  # mostly none: tests that look at notices send them, not the chores
        }
        if database:
            update["database"] = DatabaseSettings(url=database)
        if contracts:
            update |= {"contracts": contracts, "signatories": None}
        settings = settings.model_copy(update=update)
        nightly = demo.nightly()
        nightly.send()
        if not (prepared or usual):
            await prepare_database(settings)
        app = create_app(settings, clock=clock)
        await stack.enter_async_context(serving(app, listener))
        await stack.enter_async_context(serving_bus(app, settings.bus, at_bus))
        await stack.enter_async_context(sending(nightly))
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=settings.public_url, timeout=30, trust_env=False)
        )
        yield House(settings.public_url, demo, settings, faults, valve, logs, http)
