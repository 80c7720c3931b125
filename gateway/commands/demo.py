"""`obmin demo`: everything on this machine, one real query over sockets, a receipt checked offline."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from starlette.types import ASGIApp

from adapters.nightly import Nightly
from adapters.simulation import simulate_registries
from audit.verify import verify
from config.settings import BusSettings, Settings
from gateway.app import create_app, lay_foundation
from gateway.background import stop
from gateway.commands.client import Client, open_fields
from gateway.commands.deployment import CASE_SYSTEM, MAIN_CASES, Demo, prepare_demo, seed_demo
from gateway.commands.history import ask, refused, show
from gateway.commands.identity_provider import identity_provider
from gateway.commands.parcel import deliver_a_parcel
from gateway.commands.referral import refer_to_a_clinic
from gateway.commands.serve import Server, bus_server, server_config
from gateway.commands.settling import FAILED, told
from gateway.commands.sign_ins import cabinets_of_demo
from gateway.logs import configure_logs
from gateway.storage.engine import open_engine
from gateway.storage.schema import upgrade

MAIN_SUBJECT: Mapping[str, str] = {"scheme": "rnokpp", "value": "3311845622"}
NEEDS_ASSESSMENT = "needs-assessment"
PARTNER = "partner"

NEXT_STEPS = """
[bold]Go on[/] (in another terminal, from this folder)
  .venv/bin/obmin history --subject rnokpp:3311845622 --purpose crisis-intervention \\
      --case {case} --gateway {url} --key {keys}/case-system.jwk
  .venv/bin/obmin token --agency case-system --key {keys}/case-system.jwk --gateway {url}
  .venv/bin/obmin audit export /tmp/record --data {data} && .venv/bin/obmin audit verify /tmp/record
  the interface: {url}/openapi.json · health of the sources: {url}/v1/sources · the log: {url}/log/checkpoint
"""


def demo(
    once: Annotated[bool, typer.Option("--once", help="Do the main job once, then stop.")] = False,
    port: Annotated[int, typer.Option(help="The gateway's port.")] = 8000,
    data: Annotated[Path, typer.Option(help="Where the demo keeps its keys and database.")] = Path(".obmin"),
) -> None:
    """Run the embedded deployment and the main job. Exits 0 only if the history was complete and proved."""
    configure_logs("warning")
    console = Console()
    with told(), suppress(KeyboardInterrupt):
        if not uvloop.run(_run(console, once, port, data)):
            raise typer.Exit(FAILED)


async def _run(console: Console, once: bool, port: int, data: Path) -> bool:
    with listening(0) as registries:
        simulators = f"http://127.0.0.1:{registries.getsockname()[1]}"
        async with serving(simulate_registries(), registries):
            console.print(f"[bold]Obmin demo[/]   registries (simulated, real protocols)  {simulators}/…")
            try:
                listener = listening(port)
            except OSError:
                console.print(f"[red]port {port} is taken; choose another with --port[/]")
                return False
            with listener, listening_beside(port, 443) as bus, listening_beside(port, 10) as identities:
                ports = [each.getsockname()[1] for each in (listener, bus)]
                issuer = f"http://127.0.0.1:{identities.getsockname()[1]}"
                demo_files, settings = prepare_demo(data, ports[0], simulators, ports[1], issuer)
                nightly = demo_files.nightly()
                nightly.send()
                await prepare_database(settings)
                app = create_app(settings)
                people = identity_provider(settings)
                async with (
                    serving(people, identities),
                    serving(app, listener),
                    serving_bus(app, settings.bus, bus),
                    sending(nightly),
                ):
                    return await _main_job(console, demo_files, settings, once)


async def _main_job(console: Console, files: Demo, settings: Settings, once: bool) -> bool:
    url = settings.public_url
    console.print(f"               gateway  {url}")
    console.print(f"               on the bus  {settings.bus.url}\n")
    complete = await asyncio.to_thread(_ask_and_prove, console, files, url)
    if once or not complete:
        return complete
    case = MAIN_CASES[1]
    steps = NEXT_STEPS.format(url=url, keys=files.folder / "keys", data=files.folder, case=case)
    console.print(steps, soft_wrap=True)
    console.print(cabinets_of_demo(settings), soft_wrap=True)
    console.print("Running until Ctrl-C.")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    return True


def _ask_and_prove(console: Console, files: Demo, url: str) -> bool:
    """Do the main job as a case system would, and check the receipt as an auditor would."""
    case = MAIN_CASES[0]
    query = {
        "subject": MAIN_SUBJECT,
        "purpose": NEEDS_ASSESSMENT,
        "case": case,
        "official": {"id": "worker-17"},
    }
    console.print(f"[bold]Asking for a social history[/]   case {case}, purpose {NEEDS_ASSESSMENT}")
    client = Client(url, CASE_SYSTEM, files.private_key(CASE_SYSTEM))
    with refused():
        answer = ask(client, query, console)
        opened = open_fields(answer, CASE_SYSTEM, files.private_key(CASE_SYSTEM))
        console.print()
        show(answer, opened, console)
        complete = all(line["status"] in {"answered", "unknown"} for line in answer["sources"].values())
        proven = _prove(console, files, url, answer)
        partner = Client(url, PARTNER, files.private_key(PARTNER))
        parcel = deliver_a_parcel(console, partner, client, MAIN_SUBJECT, case)
        clinic, portal = (Client(url, each, files.private_key(each)) for each in ("clinic", "person-portal"))
        referral = refer_to_a_clinic(console, client, clinic, portal, MAIN_SUBJECT, case)
        return referral and parcel and proven and complete


def _prove(console: Console, files: Demo, url: str, answer: Mapping[str, Any]) -> bool:
    """Fetch the record and check it and the receipt without network, database or settings."""
    auditor = Client(url, "auditor", files.private_key("auditor"))
    receipt = {**answer["receipt"], "exchange_id": answer["exchange_id"]}
    vkey = auditor.get("/log/key").decode().strip()
    with tempfile.TemporaryDirectory(prefix="obmin-") as folder:
        _wait_for_head(auditor, int(answer["receipt"]["index"]))
        auditor.export(Path(folder))
        report = verify(Path(folder) / "log", [receipt], vkey)
    console.print(f"\nreceipt        {receipt['origin']} entry {receipt['index']}")
    if not report.ok:
        console.print(f"[red]NOT verified: {report.first.what if report.first else ''}[/]")
        return False
    console.print(
        f"[green]verified[/]       offline: the release is in the log of {report.size} entries, "
        "the log is whole, its head is signed",
        soft_wrap=True,
    )
    return True


def _wait_for_head(auditor: Client, index: int) -> None:
    """Let the next signed head cover the release: it follows within two seconds."""
    after = f"after={index - 1}&" if index else ""
    released = json.loads(auditor.get(f"/v1/audit/events?{after}limit=1"))["events"][0]
    auditor.get(f"/v1/audit/events/{released['id']}/proof")


async def prepare_database(settings: Settings) -> None:
    """Bring the database up to date and put the demo's cases and consents into it."""
    engine = open_engine(settings.database.url)
    try:
        await upgrade(engine)
    finally:
        await engine.dispose()
    async with lay_foundation(settings) as foundation:
        await seed_demo(foundation)


def listening(port: int) -> socket.socket:
    """Listen on a loopback port (0: a free one); `OSError` where it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def listening_beside(port: int, by: int) -> socket.socket:
    """Listen beside the gateway: on 8443 where it is on 8000, `by` 443; where that is taken, anywhere."""
    try:
        return listening(port and port + by)
    except (OSError, OverflowError):
        return listening(0)


@asynccontextmanager
async def serving_bus(app: ASGIApp, bus: BusSettings, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the bus's side of an application that is up, to its security server alone."""
    server = bus_server(app, bus)
    async with AsyncExitStack() as stack:
        if server:
            await stack.enter_async_context(_running(server, listener))
        yield


@asynccontextmanager
async def sending(nightly: Nightly) -> AsyncIterator[None]:
    """Let a gateway take what was sent to it, and send it more for as long as the context lasts."""
    await nightly.taken()
    task = asyncio.create_task(nightly.run())
    try:
        yield
    finally:
        await stop(task)


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve on a socket for as long as the context lasts."""
    async with _running(Server(server_config(app, "127.0.0.1", 0)), listener):
        yield


@asynccontextmanager
async def _running(server: Server, listener: socket.socket) -> AsyncIterator[None]:
    task = asyncio.create_task(server.serve([listener]))
    while not server.started and not task.done():  # noqa: ASYNC110  the server has no event to wait for
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.stop()
        await task
