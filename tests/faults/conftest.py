"""The witnesses' stage, and the table that `make faults` ends with: each campaign, its runs, what held."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.faults.authorities import Authorities


@pytest.fixture
async def authorities(tmp_path: Path) -> AsyncIterator[Authorities]:
    """Give the stage for three witnesses, closed at the end."""
    (tmp_path / "witnesses").mkdir()
    async with AsyncExitStack() as stack:
        yield Authorities(tmp_path / "witnesses", stack)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table after the long campaigns; a short run needs none."""
    if os.environ.get("OBMIN_FAULTS") != "full":
        return
    reports = [
        report
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.getreports(outcome)
        if isinstance(report, pytest.TestReport) and (report.when == "call" or report.failed)
    ]
    Console().print(_table(reports))


def _table(reports: Iterable[pytest.TestReport]) -> Table:
    campaigns: dict[str, list[pytest.TestReport]] = defaultdict(list)
    for report in reports:
        path, _, test = report.nodeid.partition("::")
        said = test.partition("[")[0].removeprefix("test_").replace("_", " ")
        campaigns[f"{path.rpartition('/')[2][5:-3].replace('_', ' ')}: {said}"].append(report)
    table = Table("campaign", "runs", "held", "broken", "seconds", box=None, pad_edge=False)
    for name, runs in sorted(campaigns.items()):
        broken = sum(report.failed for report in runs)
        seconds = sum(report.duration for report in runs)
        table.add_row(name, str(len(runs)), str(len(runs) - broken), str(broken), f"{seconds:.1f}")
    return table
