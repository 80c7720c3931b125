"""What holds for every test: no network, no silent skip where it counts, one database server.

- Tests of the folders in `QUIET` may open no socket but a Unix one. A test there that needs a loopback
  socket says so with `@pytest.mark.allow_hosts(["127.0.0.1"])`; asking for a database says it too.
- Everywhere else loopback is allowed and nothing beyond it.
- In CI (the variable `CI` is set) a skipped test is a failed one.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

pytest_plugins = ["tests.postgres"]

TESTS = Path(__file__).parent
QUIET = frozenset({"architecture", "conformance", "unit", "vectors"})
LOOPBACK = ["127.0.0.1", "::1"]

Report = TypeVar("Report", pytest.CollectReport, pytest.TestReport)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let Unix sockets through before pytest-socket reads its options: asyncio makes one for itself."""
    config.option.allow_unix_socket = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the network that its folder allows, unless the test itself says otherwise."""
    for item in items:
        if item.get_closest_marker("allow_hosts") is None:
            item.add_marker(_network_of(item))


def _network_of(item: pytest.Item) -> pytest.MarkDecorator:
    folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
    needs_database = any(name.startswith("postgres_") for name in getattr(item, "fixturenames", ()))
    if folder in QUIET and not needs_database:
        return pytest.mark.disable_socket
    return pytest.mark.allow_hosts(LOOPBACK)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one in CI."""
    return refuse_skip((yield), os.environ)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself into a failed one in CI."""
    return refuse_skip((yield), os.environ)


def refuse_skip(report: Report, environment: Mapping[str, str]) -> Report:
    """Return the report, failed if it was skipped and this is CI. An expected failure is no skip."""
    if "CI" in environment and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and in CI nothing may be: {report.longrepr}"
    return report
