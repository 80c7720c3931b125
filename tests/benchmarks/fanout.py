"""The fan-out alone: twelve registries asked at once by fifty callers, through our adapters and by hand.

Both ends run in processes of their own: the simulators in one, the asking side (this module, as a program) in
another. Ours goes through everything between pipeline and socket: manners, wire, parsing, checks, mapping.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson
import uvloop

ROOT: Final = Path(__file__).parents[2]
KINDS: Final = ("education", "donors", "border")
"""Trembita REST, plain REST and X-Road SOAP, four of each: every one of them answers in one call."""
EACH: Final = 4
CALLERS: Final = 50
TARGET: Final = 0.5

Ask = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class FanOut:
    """One side: whole fan-outs of twelve per second, milliseconds at the median, CPU ms of each."""

    side: str
    rate: float
    p50: float
    cpu: float


def measure_fanout(registries: str, rounds: int, seconds: float) -> list[FanOut]:
    """Measure both sides in turns and give the medians; then how ours stands to the one by hand."""
    taken: Mapping[str, list[FanOut]] = {"tuned": [], "obmin": []}
    for _ in range(rounds):
        for side, runs in taken.items():
            runs.append(_run(side, registries, seconds))
    tuned, ours = (_middle(runs) for runs in taken.values())
    ratio = FanOut(
        f"obmin : tuned (to reach ≥ {TARGET})",
        *(getattr(ours, name) / getattr(tuned, name) for name in ("rate", "p50", "cpu")),
    )
    return [tuned, ours, ratio]


def _middle(runs: Sequence[FanOut]) -> FanOut:
    return FanOut(
        runs[0].side,
        median(run.rate for run in runs),
        median(run.p50 for run in runs),
        median(run.cpu for run in runs),
    )


def _run(side: str, registries: str, seconds: float) -> FanOut:
    command = [sys.executable, "-m", "tests.benchmarks.fanout", side, registries, str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    return FanOut(**orjson.loads(done.stdout))


async def _drive(side: str, asks: Sequence[Ask], seconds: float) -> FanOut:
    """Let the callers ask all twelve again and again, after a second of warming up."""
    took: list[float] = []

    async def call(until: float, into: list[float]) -> None:
        while (began := time.perf_counter()) < until:
            await asyncio.gather(*(ask() for ask in asks))
            into.append(time.perf_counter() - began)

    warm = time.perf_counter() + 1.0
    await asyncio.gather(*(call(warm, []) for _ in range(CALLERS)))
    began, spent = time.perf_counter(), _cpu()
    await asyncio.gather(*(call(began + seconds, took) for _ in range(CALLERS)))
    elapsed, used = time.perf_counter() - began, _cpu() - spent
    return FanOut(side, len(took) / elapsed, 1000 * median(took), 1000 * used / len(took))


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def _tuned(registries: str, seconds: float) -> FanOut:
    import os  # noqa: PLC0415  the module below reads its address when it is imported

    os.environ["REGISTRIES"] = registries
    import aiohttp  # noqa: PLC0415

    from tests.benchmarks import tuned  # noqa: PLC0415
    from tests.benchmarks.services import PERSON  # noqa: PLC0415

    by_hand: Mapping[str, Callable[[Any, Mapping[str, str]], Awaitable[Any]]] = {
        "education": tuned.ask_education,
        "donors": tuned.ask_donors,
        "border": tuned.ask_border,
    }
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        def ask(kind: str) -> Ask:
            return lambda: by_hand[kind](session, PERSON)

        return await _drive("tuned", [ask(kind) for kind in KINDS * EACH], seconds)


async def _obmin(registries: str, seconds: float, folder: Path) -> FanOut:
    from adapters.bench import Bench  # noqa: PLC0415
    from adapters.catalog import build, find_registries  # noqa: PLC0415
    from adapters.people import load_people  # noqa: PLC0415
    from adapters.protocols.connection import Connection  # noqa: PLC0415
    from adapters.protocols.transport import SocketTransport  # noqa: PLC0415
    from gateway.politeness.calls import Calls  # noqa: PLC0415
    from gateway.politeness.polite import Manners, Polite  # noqa: PLC0415
    from gateway.storage.engine import Database  # noqa: PLC0415

    people, catalog = load_people(), find_registries()
    subject, calls = people["maria"].subject(), Calls(Database(f"sqlite+aiosqlite:///{folder / 'bench.db'}"))

    async with AsyncExitStack() as stack:

        def transport() -> SocketTransport:
            opened = SocketTransport()
            stack.push_async_callback(opened.aclose)
            return opened

        def ask(kind: str) -> Ask:
            entry = catalog[kind]  # type: ignore[index]
            connection = Connection(f"{registries}/{kind}", credential="simulated")
            # Every caller asks about the same person: shared, fifty questions would be one.
            polite = Polite(build(entry, connection, transport()), calls, Manners(share=False))
            bench = Bench(entry, polite, people, None)
            return lambda: polite.ask(bench.question(subject, patience=30.0))

        return await _drive("obmin", [ask(kind) for kind in KINDS * EACH], seconds)


def main() -> None:
    """Measure one side and print it."""
    side, registries, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        work = _tuned(registries, seconds) if side == "tuned" else _obmin(registries, seconds, Path(folder))
        print(orjson.dumps(uvloop.run(work)).decode())  # noqa: T201  the one answer of this program


if __name__ == "__main__":
    main()
