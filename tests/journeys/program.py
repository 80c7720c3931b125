"""The `obmin` program as people and machines run it: in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from typer.testing import CliRunner

from gateway.commands.demo import listening
from gateway.commands.main import app
from tests.journeys.house import House

PROGRAM = Path(sys.executable).with_name("obmin")


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Replica:
    """A gateway in a process of its own, on the same database and keys as a house."""

    url: str
    process: Process
    http: httpx.AsyncClient
    bus_url: str

    async def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        await self.process.wait()


async def run(folder: Path, *arguments: str | Path, **variables: str) -> Finished:
    """Run a command to its end, beside whatever this process serves. `folder` is a test's own."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *arguments, stdout=PIPE, stderr=PIPE, env=_environment(folder, variables)
    )
    out, err = await process.communicate()
    return Finished(process.returncode or 0, out.decode(), err.decode())


async def call(*arguments: str | Path, **variables: str) -> Finished:
    """Run a command in a thread of this process: the same code, without the seconds that a start takes."""
    words = [str(argument) for argument in arguments]
    result = await asyncio.to_thread(CliRunner().invoke, app, words, env=variables)
    return Finished(result.exit_code, result.stdout, result.stderr)


@asynccontextmanager
async def replica_of(house: House) -> AsyncIterator[Replica]:
    """Serve the house's deployment from another process too, behind the same public address."""
    with listening(0) as free, listening(0) as at_bus:
        port, bus_port = (each.getsockname()[1] for each in (free, at_bus))
    variables = {
        "OBMIN_PORT": str(port),
        "OBMIN_BUS__PORT": str(bus_port),
        "OBMIN_DATABASE__URL": house.settings.database.url,
    }
    url = f"http://127.0.0.1:{port}"
    log = house.demo.folder / f"replica-{port}.log"
    with log.open("wb") as lines:
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "serve", "--config", house.demo.settings_file,
            stdout=lines, stderr=lines, env=_environment(house.demo.folder, variables),
        )  # fmt: skip
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as http:
        try:
            await _ready(http, process, log)
            yield Replica(url, process, http, f"https://127.0.0.1:{bus_port}")
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def _environment(folder: Path, variables: Mapping[str, str]) -> Mapping[str, str]:
    """Let the processes of one test run share their bytecode: compiling it takes most of a start."""
    bytecode = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder.parents[1] / "bytecode")}
    return {**os.environ, **bytecode, **variables}


async def _ready(http: httpx.AsyncClient, process: Process, log: Path) -> None:
    while True:
        assert process.returncode is None, f"it ended; see {log}"
        with suppress(httpx.TransportError):
            if (await http.get("/readyz")).is_success:
                return
        await asyncio.sleep(0.05)
