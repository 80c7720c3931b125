"""The simulated registries in a process of their own, misbehaving over real sockets."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from adapters.base import Adapter, SourceError
from adapters.bench import Bench
from adapters.catalog import build, find_registries
from adapters.people import load_people
from adapters.protocols.connection import Connection
from adapters.protocols.transport import SocketTransport
from contracts.vocabulary import Source

PROGRAM = "import typer; from gateway.commands.simulate import simulate; typer.run(simulate)"
FAULTS = ("health=truncated", "education=garbage", "border=huge", "employment=fault", "donors=hang")


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running simulation."""

    process: subprocess.Popen[bytes]
    port: int


@pytest.fixture
def simulated(unused_tcp_port: int) -> Iterator[Simulated]:
    """Run the simulated registries, each with another fault."""
    options = [word for fault in FAULTS for word in ("--fault", fault)]
    command = [sys.executable, "-c", PROGRAM, "--port", str(unused_tcp_port), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            wait_for(unused_tcp_port)
            yield Simulated(process, unused_tcp_port)
        finally:
            process.kill()


def wait_for(port: int) -> None:
    """Wait until the simulation serves."""
    for _ in range(300):
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail("the simulation did not start")


def adapter_of(source: Source, port: int, transport: SocketTransport) -> Adapter:
    """Give the adapter of one simulated registry."""
    return build(
        find_registries()[source],
        Connection(f"http://127.0.0.1:{port}/{source}", credential="key"),
        transport,
    )


async def ask(source: Source, port: int, transport: SocketTransport) -> str:
    """Ask one registry for the main person, and give what its failure says."""
    adapter = adapter_of(source, port, transport)
    bench = Bench(find_registries()[source], adapter, load_people(), None)
    try:
        await adapter.ask(bench.question(bench.people["maria"].subject(), patience=1.0))
    except SourceError as error:
        return str(error)
    return f"{source}: answered"


async def ask_all(port: int) -> set[str]:
    """Ask the registries that misbehave, all at once, as the gateway does."""
    broken = [Source(fault.partition("=")[0]) for fault in FAULTS]
    transport = SocketTransport()
    try:
        return set(await asyncio.gather(*(ask(source, port, transport) for source in broken)))
    finally:
        await transport.aclose()


async def test_five_registries_fail_in_five_ways_at_once(simulated: Simulated) -> None:
    """Each fault over a real socket has its own reason, and none keeps another from being seen."""
    failures = await ask_all(simulated.port)

    assert failures == {
        "health: disconnected",
        "education: unreadable",
        "border: too-large",
        "employment: source-failed",
        "donors: timed-out",
    }


async def test_a_hanging_answer_does_not_keep_the_simulation_alive(simulated: Simulated) -> None:
    """An interrupt ends the process, quietly, though somebody still waits for an answer."""
    transport = SocketTransport()
    waiting = asyncio.create_task(ask(Source("donors"), simulated.port, transport))
    await asyncio.sleep(0.2)

    simulated.process.send_signal(signal.SIGINT)
    _, errors = await asyncio.to_thread(simulated.process.communicate, timeout=20)
    failure = await waiting
    await transport.aclose()

    assert failure in {"donors: disconnected", "donors: timed-out"}
    assert b"Traceback" not in errors
