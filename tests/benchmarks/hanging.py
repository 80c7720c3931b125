"""A source that hangs: what it adds to its own askers, and what to everybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import orjson

from tests.benchmarks.load import Tally
from tests.benchmarks.services import Service, run_load, run_loads

HANGING = "donors"
OTHERS = ("health", "education", "border", "employment")
BUDGET = 3000.0
"""Milliseconds that the contract gives one source."""
CALLERS = 10


@dataclass(frozen=True, slots=True)
class Hang:
    """One group of callers: answers per second, times in milliseconds."""

    who: str
    rate: float
    p50: float
    p99: float


def measure_hang(service: Service, rounds: int, seconds: float) -> list[Hang]:
    """Ask a gateway of which one source hangs: without it alone, and beside those who wait, in turns."""
    around = replace(service, bodies=[_narrowed(body) for body in service.bodies])
    healthy = around.order(CALLERS, seconds, {}, sources=4)
    stuck = service.order(CALLERS, seconds, {}, sources=4)
    alone: list[Tally] = []
    beside: list[Tally] = []
    waiting: list[Tally] = []
    for _ in range(rounds):
        alone.append(run_load(healthy))
        for tallies, tally in zip((beside, waiting), run_loads([healthy, stuck]), strict=True):
            tallies.append(tally)
    return [
        _row("others, alone", alone),
        _row("others, while ten callers wait for the hanging source", beside),
        _row(f"those ten: ten waits of {BUDGET:.0f} ms, then the breaker spares them", waiting),
    ]


def _narrowed(body: str) -> str:
    asked: Mapping[str, Any] = orjson.loads(body)
    return orjson.dumps({**asked, "sources": OTHERS}).decode()


def _row(who: str, tallies: Sequence[Tally]) -> Hang:
    wrong = [tally.first_failure for tally in tallies if tally.failures]
    if wrong:
        message = f"{who}: wrong answers, the first: {wrong[0]}"
        raise RuntimeError(message)
    return Hang(
        who,
        median(tally.answers / tally.seconds for tally in tallies),
        median(tally.p50 for tally in tallies),
        median(tally.p99 for tally in tallies),
    )
