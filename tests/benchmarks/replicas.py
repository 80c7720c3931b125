"""One gateway process and two on one PostgreSQL: what a second one adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.services import Service, run_loads

CALLERS = 50


@dataclass(frozen=True, slots=True)
class Scaling:
    """So many processes under 50 callers in all: answers per second, milliseconds, CPU per answer."""

    processes: int
    rate: float
    p50: float
    cpu: float


def measure_replicas(services: Sequence[Service], rounds: int, seconds: float) -> list[Scaling]:
    """Ask the first process alone, then all of them at once with the same number of callers, in turns."""
    taken: dict[int, list[Scaling]] = {1: [], len(services): []}
    for _ in range(rounds):
        for count, results in taken.items():
            results.append(_measure(services[:count], seconds))
    return [
        Scaling(
            count,
            median(one.rate for one in results),
            median(one.p50 for one in results),
            median(one.cpu for one in results),
        )
        for count, results in taken.items()
    ]


def _measure(services: Sequence[Service], seconds: float) -> Scaling:
    share = CALLERS // len(services)
    tallies = run_loads([service.order(share, seconds, {}) for service in services])
    failures = [tally.first_failure for tally in tallies if tally.failures]
    if failures:
        raise RuntimeError(failures[0])
    answers = sum(tally.answers for tally in tallies)
    return Scaling(
        processes=len(services),
        rate=sum(tally.answers / tally.seconds for tally in tallies),
        p50=median(tally.p50 for tally in tallies),
        cpu=1000 * sum(tally.cpu["service"] for tally in tallies) / max(answers, 1),
    )
