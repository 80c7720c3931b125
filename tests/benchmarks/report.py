"""What `make bench` leaves behind: tables for people, JSON in `build/bench/` for the next comparison."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from tests.benchmarks.comparison import Row, ratio

TITLES: Mapping[str, str] = {"plain": "(a) plain", "tuned": "(b) tuned", "obmin": "(c) Obmin"}
LEGEND = """\
(a) FastAPI, httpx.AsyncClient, zeep; no control   (b) Starlette, aiohttp, lxml, orjson; no control
(c) Obmin, every control on. CPU is the service's own, per answer; a ceiling is what the registries'
own delay leaves to anybody: so many callers, each waiting as long as one caller alone waits at (b)."""
TARGETS = (
    ("answers/s, (c) over (a)", 10, "obmin", "plain", "rate", "≥", 5.0),
    ("answers/s, (c) over (a)", 50, "obmin", "plain", "rate", "≥", 10.0),
    ("answers/s, (c) over (b)", 50, "obmin", "tuned", "rate", "≥", 0.3),
    ("p50, (c) over (b)", 1, "obmin", "tuned", "p50", "≤", 1.3),
)
MOST_MEMORY = 200.0
"""Megabytes per process."""


def save(folder: Path, name: str, figures: Any) -> None:
    """Write figures as JSON, with when and on what kind of machine they were taken."""
    content = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "figures": figures,
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    (folder / f"{name}.json").write_bytes(orjson.dumps(content, option=options))


def machine() -> dict[str, str | int]:
    """Describe the machine in general words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return {
        "cores": os.cpu_count() or 0,
        "memory_gb": memory,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def print_comparison(console: Console, rows: Sequence[Row]) -> None:
    """Print the services side by side, then what was to be reached and what was."""
    table = Table()
    table.add_column("service")
    for heading in ("callers", "answers/s", "p50 ms", "p99 ms", "CPU ms", "simulators busy", "MB", "failed"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            TITLES[row.service],
            str(row.callers),
            f"{row.rate:.0f}",
            f"{row.p50:.1f}",
            f"{row.p99:.1f}",
            f"{row.cpu:.2f}",
            f"{row.busy:.0%}",
            f"{row.peak:.0f}",
            str(row.failures),
        )
    console.print("One social history from five sources, 20 ms each", table, LEGEND, "", sep="\n")
    print_targets(console, rows)


def print_targets(console: Console, rows: Sequence[Row]) -> None:
    """Print each target with what was reached; one that was missed says so."""
    table = Table()
    for heading in ("measure", "callers", "to reach", "reached", "at the ceiling", ""):
        table.add_column(heading)
    for target in judge(rows):
        table.add_row(*target)
    console.print("To reach, and reached", table, sep="\n")


def judge(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Compare what was measured with the targets."""
    judged: list[tuple[str, ...]] = []
    for title, callers, over, under, measure, sign, bound in TARGETS:
        reached = ratio(rows, callers, over, under, measure)
        met = reached >= bound if sign == "≥" else reached <= bound
        best = f"{ceiling(rows, callers) / rate_of(rows, callers, under):.2f}" if measure == "rate" else ""
        judged.append((title, str(callers), f"{sign} {bound:g}", f"{reached:.2f}", best, _mark(met)))
    peak = max(row.peak for row in rows if row.service == "obmin")
    met = peak <= MOST_MEMORY
    judged.append(("memory, (c), MB", "all", f"≤ {MOST_MEMORY:g}", f"{peak:.0f}", "", _mark(met)))
    return judged


def ceiling(rows: Sequence[Row], callers: int) -> float:
    """Return the answers per second that nobody can exceed: the registries take their time (Little's law)."""
    alone = next(row.p50 for row in rows if row.service == "tuned" and row.callers == 1)
    return callers * 1000 / alone


def rate_of(rows: Sequence[Row], callers: int, service: str) -> float:
    """Return a service's answers per second at a level."""
    return next(row.rate for row in rows if row.service == service and row.callers == callers)


def print_figures(console: Console, title: str, figures: Sequence[Mapping[str, Any]]) -> None:
    """Print a list of figures that share their members as a table."""
    table = Table()
    for name in figures[0]:
        table.add_column(name, justify="left" if isinstance(figures[0][name], str) else "right")
    for figure in figures:
        table.add_row(
            *(f"{value:.2f}" if isinstance(value, float) else str(value) for value in figure.values())
        )
    console.print(title, table, sep="\n")


def _mark(met: bool) -> str:  # noqa: FBT001  the one thing it is about
    return "reached" if met else "MISSED"
