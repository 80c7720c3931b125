"""`make bench`: measure, write `build/bench/*.json`, print the tables. `--quick` for a first look."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from tests.benchmarks.appending import CALLERS, measure_appending
from tests.benchmarks.comparison import compare
from tests.benchmarks.controls import measure_controls
from tests.benchmarks.decisions import measure_decisions
from tests.benchmarks.delivery import measure_delivery
from tests.benchmarks.deployment import deploy, serving
from tests.benchmarks.fanout import measure_fanout
from tests.benchmarks.hanging import HANGING, measure_hang
from tests.benchmarks.offers import measure_offers, sqlite_url
from tests.benchmarks.pages import measure_pages
from tests.benchmarks.replicas import measure_replicas
from tests.benchmarks.report import print_comparison, print_figures, save
from tests.benchmarks.searching import measure_searching
from tests.benchmarks.services import ROOT, baseline, check, simulated
from tests.benchmarks.soap import measure_soap
from tests.benchmarks.verifying import measure_verifying
from tests.postgres import Server, find_binaries

OUT = ROOT / "build" / "bench"
DELAY = 20
LEVELS = (1, 10, 50)


@dataclass(frozen=True, slots=True)
class Run:
    """How thoroughly to measure, where to keep working files, where to print."""

    rounds: int
    seconds: float
    entries: int
    folder: Path
    console: Console


@contextmanager
def _postgresql(binaries: Path) -> Iterator[str]:
    """Give the URL of a database on a server of our own whose commits reach the disk."""
    server = Server(binaries)
    try:
        server.make_durable()
        server.start()
        server.create("bench")
        yield server.url("bench")
    finally:
        server.remove()


def run_comparison(run: Run) -> None:
    """Obmin on SQLite beside the two aggregators, against the same simulators."""
    with ExitStack() as stack:
        registries, pid = stack.enter_context(simulated(run.folder, DELAY))
        plain = stack.enter_context(baseline("plain", run.folder, registries))
        tuned = stack.enter_context(baseline("tuned", run.folder, registries))
        obmin = stack.enter_context(serving(deploy(run.folder / "compared", registries)))
        services = [plain, tuned, *obmin]
        for service in services:
            check(service)
        rows = compare(services, LEVELS, run.rounds, run.seconds, pid)
    save(OUT, "comparison", [asdict(row) for row in rows])
    print_comparison(run.console, rows)


def run_controls(run: Run) -> None:
    """Each control by itself."""
    costs = [asdict(cost) for cost in measure_controls(run.folder)]
    save(OUT, "controls", costs)
    print_figures(run.console, "What each control costs one answer", costs)


def run_fanout(run: Run) -> None:
    """Twelve registries at once, through our adapters and by hand."""
    with simulated(run.folder, DELAY) as (registries, _):
        figures = [asdict(one) for one in measure_fanout(registries, run.rounds, run.seconds)]
    save(OUT, "fanout", figures)
    print_figures(run.console, "Twelve registries asked at once by 50 callers, 20 ms each", figures)


def run_decisions(run: Run) -> None:
    """One decision beside Cedar."""
    decided = [asdict(one) for one in measure_decisions(run.rounds)]
    save(OUT, "decisions", decided)
    print_figures(run.console, "One decision on forty fields, 1,000 contracts", decided)


def run_hang(run: Run) -> None:
    """A gateway of which one source hangs."""
    with (
        simulated(run.folder, DELAY, "--fault", f"{HANGING}=hang") as (registries, _),
        serving(deploy(run.folder / "hanging", registries)) as services,
    ):
        hangs = [asdict(hang) for hang in measure_hang(services[0], run.rounds, max(run.seconds, 7.0))]
    save(OUT, "hanging", hangs)
    print_figures(run.console, "A source that hangs", hangs)


def run_replicas(run: Run) -> None:
    """Two processes on one PostgreSQL, where there is one."""
    binaries = find_binaries()
    if binaries is None:
        run.console.print("PostgreSQL is absent: one process against two was not measured.")
        return
    with ExitStack() as stack:
        url = stack.enter_context(_postgresql(binaries))
        registries, _ = stack.enter_context(simulated(run.folder, DELAY))
        deployment = deploy(run.folder / "replicas", registries, url)
        services = stack.enter_context(serving(deployment, replicas=2))
        scalings = [asdict(one) for one in measure_replicas(services, run.rounds, run.seconds)]
    save(OUT, "replicas", scalings)
    print_figures(run.console, "Processes on one PostgreSQL, 50 callers", scalings)


def run_offers(run: Run) -> None:
    """Finding, holding and reporting at size, on both databases."""
    share = 1.0 if run.rounds > 1 else 0.05
    figures = asyncio.run(measure_offers(sqlite_url(run.folder), share))
    if binaries := find_binaries():
        with _postgresql(binaries) as url:
            figures += asyncio.run(measure_offers(url, share))
    shown = [asdict(figure) for figure in figures]
    save(OUT, "offers", shown)
    print_figures(run.console, "Offers", shown)


def run_delivery(run: Run) -> None:
    """Deliveries a second on PostgreSQL, beside procrastinate and plain POSTs; a million that wait."""
    binaries = find_binaries()
    if binaries is None:
        run.console.print("PostgreSQL is absent: deliveries were not measured.")
        return
    (run.folder / "delivery").mkdir()
    messages, share = (4000, 1.0) if run.rounds > 1 else (800, 0.05)
    with _postgresql(binaries) as url:
        measured = measure_delivery(run.folder / "delivery", url, messages, share)
        figures = [asdict(figure) for figure in asyncio.run(measured)]
    save(OUT, "delivery", figures)
    print_figures(run.console, "Deliveries to a local receiver, PostgreSQL", figures)


def run_record(run: Run) -> None:
    """The record: appending beside plain inserts, verifying beside bare hashing, searching what is long."""
    appending = [asdict(way) for way in measure_appending(run.folder, run.rounds, 12_800 * run.rounds)]
    print_figures(run.console, f"Appending with {CALLERS} callers, SQLite, every commit synced", appending)
    sizes = [size for size in (100_000, 1_000_000, 10_000_000) if size <= run.entries]
    verifying = [asdict(one) for one in measure_verifying(run.folder / "logs", sizes)]
    print_figures(
        run.console, "Verifying an export, beside a loop that only hashes the same bytes", verifying
    )
    searching = [asdict(one) for one in measure_searching(run.folder, run.entries)]
    print_figures(run.console, "Searching, a page of a hundred events", searching)
    save(OUT, "record", {"appending": appending, "verifying": verifying, "searching": searching})


def run_soap(run: Run) -> None:
    """One SOAP call beside lxml alone, a long answer's memory, and the catalog's start."""
    figures = [asdict(figure) for figure in measure_soap()]
    save(OUT, "soap", figures)
    print_figures(run.console, "SOAP: a call's CPU, a 10 MB answer, the start", figures)


def run_pages(run: Run) -> None:
    """Every page of the cabinets, at size."""
    figures = [asdict(figure) for figure in measure_pages(run.folder, 1.0 if run.rounds > 1 else 0.05)]
    save(OUT, "pages", figures)
    print_figures(run.console, "Pages: first byte at the median, kB with a cold and a warm cache", figures)


PARTS: Mapping[str, Callable[[Run], None]] = {
    "comparison": run_comparison,
    "controls": run_controls,
    "fanout": run_fanout,
    "decisions": run_decisions,
    "hanging": run_hang,
    "replicas": run_replicas,
    "delivery": run_delivery,
    "record": run_record,
    "offers": run_offers,
    "soap": run_soap,
    "pages": run_pages,
}


def main() -> None:
    """Measure what was asked for, everything by default."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[], help="all by default")
    parser.add_argument("--quick", action="store_true", help="one short round: a first look, not a figure")
    parser.add_argument("--entries", type=int, default=1_000_000, help="how long the longest record is")
    asked = parser.parse_args()
    # RFC 9864 renames the algorithm; agencies' libraries still say EdDSA, and so does the interface.
    warnings.filterwarnings("ignore", message="EdDSA is deprecated")
    OUT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="obmin-bench-"))
    rounds, seconds = (1, 2.0) if asked.quick else (3, 6.0)
    for part in asked.parts or PARTS:
        PARTS[part](Run(rounds, seconds, asked.entries, folder, Console(width=110)))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
