"""`make faults` ends with a table: each campaign, its runs, how many held, how long they took."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable

import pytest
from rich.console import Console
from rich.table import Table


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
