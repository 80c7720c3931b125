"""A closed loop: so many callers, each asking again as soon as it is answered.

Run as a program it takes an `Order` as JSON on standard input and prints a `Tally` as JSON, so that
the load has a process of its own.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp
import orjson
import uvloop

from tests.benchmarks.processes import read_usage


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask, how often, and which processes to watch meanwhile.

    An answer counts when it is a 200 in which `mark` stands `marks` times: a wrong answer is
    never a fast one. `warm` seconds come before the `seconds` that count.
    """

    url: str
    headers: Mapping[str, str]
    bodies: Sequence[str]
    mark: str
    marks: int
    callers: int
    warm: float
    seconds: float
    watch: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted: times in milliseconds, CPU in seconds, memory in bytes."""

    answers: int
    failures: int
    first_failure: str
    seconds: float
    p50: float
    p99: float
    cpu: Mapping[str, float]
    peak: Mapping[str, int]


class _Counter:
    """What the callers share: the times of good answers, and how many were not."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.failures = 0
        self.first_failure = ""

    def restart(self) -> None:
        self.times.clear()

    def fail(self, why: str) -> None:
        self.failures += 1
        self.first_failure = self.first_failure or why


async def measure(order: Order) -> Tally:
    """Keep the callers busy and count what was answered between warm-up and end."""
    counter, turns = _Counter(), count()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(60)
    ) as session:
        callers = [asyncio.create_task(_call(session, order, counter, turns)) for _ in range(order.callers)]
        await asyncio.sleep(order.warm)
        counter.restart()
        before, began = {name: read_usage(pid) for name, pid in order.watch.items()}, time.perf_counter()
        await asyncio.sleep(order.seconds)
        took, after = time.perf_counter() - began, {n: read_usage(p) for n, p in order.watch.items()}
        times = sorted(counter.times)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    return Tally(
        answers=len(times),
        failures=counter.failures,
        first_failure=counter.first_failure,
        seconds=took,
        p50=1000 * quantile(times, 0.5),
        p99=1000 * quantile(times, 0.99),
        cpu={name: after[name].cpu - before[name].cpu for name in order.watch},
        peak={name: usage.peak for name, usage in after.items()},
    )


async def _call(session: aiohttp.ClientSession, order: Order, counter: _Counter, turns: count[int]) -> None:
    mark = order.mark.encode()
    bodies = [body.encode() for body in order.bodies]
    headers = {**order.headers, "Content-Type": "application/json"}
    while True:
        began = time.perf_counter()
        body = bodies[next(turns) % len(bodies)]
        try:
            async with session.post(order.url, data=body, headers=headers) as reply:
                answer = await reply.read()
        except aiohttp.ClientError as error:
            counter.fail(type(error).__name__)
            await asyncio.sleep(0.05)
            continue
        if reply.status == 200 and answer.count(mark) == order.marks:
            counter.times.append(time.perf_counter() - began)
        else:
            counter.fail(f"{reply.status}, {answer.count(mark)} of {order.marks} sources answered")
            await asyncio.sleep(0.05)  # an error is quick: do not let it become the load


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which this share of an ordered list lies; 0 for an empty one."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def main() -> None:
    """Take an order, carry it out, print what was counted."""
    order: Any = orjson.loads(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally = runner.run(measure(Order(**order)))
    sys.stdout.buffer.write(orjson.dumps(tally))


if __name__ == "__main__":
    main()
