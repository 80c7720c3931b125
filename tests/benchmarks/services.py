"""The three services side by side: how each is started, and what it is asked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from tests.benchmarks.load import Order, Tally
from tests.benchmarks.processes import find_port, running

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("obmin"))
UVICORN = (sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log")
PERSON = {
    "rnokpp": "3311845622",
    "unzr": "19900903-13025",
    "family_name": "Бондаренко",
    "given_name": "Марія",
    "patronymic": "Олександрівна",
    "birth_date": "1990-09-03",
}
"""The main person of the demo, who does not exist: known to all five sources."""
ANSWERED = '"status":"answered"'


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: where it listens, its process, what it is asked with which headers.

    `authorise` is called before each round: a token lives for minutes, a benchmark longer.
    """

    name: str
    url: str
    pid: int
    bodies: Sequence[str]
    authorise: Callable[[], Mapping[str, str]]

    def order(self, callers: int, seconds: float, watch: Mapping[str, int], sources: int = 5) -> Order:
        """Make the order for one round; an answer counts when so many sources answered."""
        return Order(
            url=self.url,
            headers=self.authorise(),
            bodies=self.bodies,
            mark=ANSWERED,
            marks=sources,
            callers=callers,
            warm=1.0,
            seconds=seconds,
            watch={"service": self.pid, **watch},
        )


@contextmanager
def simulated(folder: Path, delay: int, *options: str) -> Iterator[tuple[str, int]]:
    """Run the simulated registries, each answering after `delay` ms; yield their address and pid."""
    port = find_port()
    command = [PROGRAM, "simulate", "--port", str(port), "--delay", str(delay), *options]
    with running(command, port, folder / "simulators.log", {}) as pid:
        yield f"http://127.0.0.1:{port}", pid


@contextmanager
def baseline(name: str, folder: Path, registries: str) -> Iterator[Service]:
    """Run one of the aggregators without controls: `plain` or `tuned`."""
    port = find_port()
    command = [*UVICORN, "--port", str(port), f"tests.benchmarks.{name}:app"]
    with running(command, port, folder / f"{name}.log", {"REGISTRIES": registries}) as pid:
        url = f"http://127.0.0.1:{port}/social-history"
        yield Service(name, url, pid, [orjson.dumps(PERSON).decode()], dict)


def run_load(order: Order) -> Tally:
    """Carry out an order in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.load"]
    done = subprocess.run(command, input=orjson.dumps(order), stdout=subprocess.PIPE, check=True, cwd=ROOT)
    tally: Any = orjson.loads(done.stdout)
    return Tally(**tally)


def run_loads(orders: Sequence[Order]) -> list[Tally]:
    """Carry out several orders at once."""
    with ThreadPoolExecutor(len(orders)) as pool:
        return list(pool.map(run_load, orders))


def check(service: Service) -> None:
    """Ask once, so that a service that answers wrongly is never measured.

    Raises:
        RuntimeError: some source was not answered.
    """
    tally = run_load(replace(service.order(1, 0.3, {}), warm=0.3))
    if tally.failures or not tally.answers:
        message = f"{service.name}: {tally.failures} wrong answers, the first: {tally.first_failure}"
        raise RuntimeError(message)
