"""`obmin serve` and `obmin worker`: the gateway, and its background work alone."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from config.settings import Settings
from gateway.app import chores_of, create_app, lay_foundation
from gateway.commands.settling import settings_of, told
from gateway.logs import configure_logs

GRACE_SECONDS = 10


class Server(uvicorn.Server):
    """A server whose signals are somebody else's business, so that several can share a process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def server_config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """Configure a server: no access log (paths may hold what people typed), no server header."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
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
    uvicorn.Server(server_config(create_app(settings), settings.host, settings.port)).run()


def worker(config: Annotated[Path, typer.Option(help="The deployment's settings (TOML).")]) -> None:
    """Run the background work alone: publish the record, end dead intents, purge, re-wrap keys."""
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
    async with lay_foundation(settings):
        pass


async def _work(settings: Settings) -> None:
    async with lay_foundation(settings) as foundation:
        chores = chores_of(foundation)
        tasks = [asyncio.create_task(chores.run()), asyncio.create_task(foundation.publisher.run())]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: [task.cancel() for task in tasks])
        await asyncio.gather(*tasks, return_exceptions=True)
