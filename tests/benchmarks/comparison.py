"""Obmin beside two aggregators without controls, round by round so that a noisy machine is noisy for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.load import Tally
from tests.benchmarks.services import Service, run_load


@dataclass(frozen=True, slots=True)
class Row:
    """One service under so many callers: medians over the rounds, the worst of the memory.

    `rate` in answers per second, `p50` and `p99` in milliseconds, `cpu` in milliseconds of the service
    per answer, `busy` the share of one core that the simulators took, `peak` in megabytes.
    """

    service: str
    callers: int
    rate: float
    p50: float
    p99: float
    cpu: float
    busy: float
    peak: float
    failures: int


def compare(
    services: Sequence[Service], levels: Sequence[int], rounds: int, seconds: float, simulators: int
) -> list[Row]:
    """Measure every service at every level, taking turns: A B C A B C."""
    rows = []
    for callers in levels:
        tallies: Mapping[str, list[Tally]] = {service.name: [] for service in services}
        for _ in range(rounds):
            for service in services:
                order = service.order(callers, seconds, {"simulators": simulators})
                tallies[service.name].append(run_load(order))
        rows += [summarise(name, callers, taken) for name, taken in tallies.items()]
    return rows


def summarise(service: str, callers: int, tallies: Sequence[Tally]) -> Row:
    """Take the medians of the rounds."""
    return Row(
        service=service,
        callers=callers,
        rate=median(tally.answers / tally.seconds for tally in tallies),
        p50=median(tally.p50 for tally in tallies),
        p99=median(tally.p99 for tally in tallies),
        cpu=median(1000 * tally.cpu["service"] / max(tally.answers, 1) for tally in tallies),
        busy=median(tally.cpu["simulators"] / tally.seconds for tally in tallies),
        peak=max(tally.peak["service"] for tally in tallies) / 2**20,
        failures=sum(tally.failures for tally in tallies),
    )


def ratio(rows: Sequence[Row], callers: int, over: str, under: str, measure: str) -> float:
    """Return how many times one service's measure is another's at this level."""
    at = {row.service: float(getattr(row, measure)) for row in rows if row.callers == callers}
    return at[over] / at[under] if at[under] else float("inf")
