"""`obmin serve` and `obmin worker`: the gateway, and its background work alone."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from config.settings import BusSettings, Settings
from gateway.app import (
    channels_of,
    chores_of,
    create_app,
    lay_foundation,
    outbox_of,
    place_on_bus,
    referring_of,
)
from gateway.bus import BusUnusableError
from gateway.channels.telling import TellingAgencies
from gateway.clock import Clock
from gateway.commands.settling import settings_of, told
from gateway.logs import configure_logs
from gateway.web.facades.peer import AtBus, tls_for

GRACE_SECONDS = 10


class Server(uvicorn.Server):
    """A server whose signals are somebody else's business, so that several can share a process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let it stop serving, at once and not when it next looks whether it should."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        """See `uvicorn.Server.main_loop`."""
        serving = asyncio.create_task(super().main_loop())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (serving, stopping):
            task.cancel()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class Gateway(uvicorn.Server):
    """The gateway's server, and the bus's listener for as long as it is up."""

    def __init__(self, config: uvicorn.Config, beside: Server | None, at: socket.socket | None) -> None:
        super().__init__(config)
        self._beside = beside
        self._at = at
        self._serving: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve: the bus's listener once the services are there."""
        await super().startup(sockets)
        if self._beside and self._at and not self.should_exit:
            self._serving = asyncio.create_task(self._beside.serve([self._at]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving, the bus's listener first."""
        if self._beside and self._serving:
            self._beside.stop()
            await self._serving
        await super().shutdown(sockets)


def server_config(
    app: ASGIApp, host: str, port: int, tls: ssl.SSLContext | None = None, *, lifespan: bool = True
) -> uvicorn.Config:
    """Configure a server: no access log (paths may hold what people typed), no server header.

    Where a request comes from is its connection's own address, whatever headers say of others.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
        lifespan="auto" if lifespan else "off",
        proxy_headers=False,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
    )


def serve(config: Annotated[Path, typer.Option(help="The deployment's settings (TOML).")]) -> None:
    """Run the gateway until it is told to stop; exchanges under way are finished first."""
    settings = settings_of(config)
    configure_logs(settings.log_level, for_ever=True)
    # Refusals to start are said in one line: they are looked for before the server begins.
    with told():
        asyncio.run(_look(settings))
    settle_memory()
    app = create_app(settings)
    with told():
        beside = bus_server(app, settings.bus)
        at = _listen(settings.bus) if beside else None
    Gateway(server_config(app, settings.host, settings.port), beside, at).run()


def bus_server(app: ASGIApp, bus: BusSettings) -> Server | None:
    """Give the server of the bus's own listener, where the settings ask for one."""
    if not bus.member or bus.certificate is None or bus.peer is None:
        return None
    tls = tls_for(bus.certificate, bus.peer)
    return Server(server_config(AtBus(app), bus.host, bus.port, tls, lifespan=False))


def _listen(bus: BusSettings) -> socket.socket:
    """Take the bus's port before anything is served. Raises `BusUnusableError` where it is taken."""
    try:
        return socket.create_server((bus.host, bus.port), backlog=2048)
    except OSError as error:
        raise BusUnusableError(f"bus.port: {bus.host}:{bus.port}: {error.strerror}") from None


def worker(config: Annotated[Path, typer.Option(help="The deployment's settings (TOML).")]) -> None:
    """Run the background work alone: publish the record, deliver messages, purge, re-wrap keys."""
    settings = settings_of(config)
    configure_logs(settings.log_level)
    with told(), suppress(KeyboardInterrupt):
        asyncio.run(_work(settings))


def settle_memory() -> None:
    """Let the collector pass over what lives as long as the process.

    Modules, schemas and templates are hundreds of thousands of objects: walking them again and
    again took an eighth of an exchange's CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _look(settings: Settings) -> None:
    async with lay_foundation(settings) as foundation:
        place_on_bus(settings, foundation.agencies)


async def _work(settings: Settings) -> None:
    async with lay_foundation(settings) as foundation:
        outbox = outbox_of(foundation, channels_of(foundation), Clock())
        referring = referring_of(foundation, outbox)
        telling = TellingAgencies(foundation.database, foundation.log, outbox.delivery)
        work = (chores_of(foundation), foundation.publisher, outbox.worker, referring, telling)
        tasks = [asyncio.create_task(each.run()) for each in work]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: [task.cancel() for task in tasks])
        await asyncio.gather(*tasks, return_exceptions=True)
