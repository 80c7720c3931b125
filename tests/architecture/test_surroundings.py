"""The net beneath the tests: is it there?"""

from __future__ import annotations

import asyncio
import socket

import asyncpg
import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError

from tests.conftest import refuse_skip
from tests.postgres import Server

ELSEWHERE = ("192.0.2.1", 443)  # RFC 5737: nobody's address


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_a_quiet_test_opens_no_socket() -> None:
    """A test of a quiet folder cannot even make a socket."""
    with pytest.raises(SocketBlockedError):
        socket.socket()


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_a_quiet_test_resolves_no_name() -> None:
    """A test of a quiet folder cannot ask for an address."""
    with pytest.raises(SocketBlockedError):
        socket.getaddrinfo("example.org", 443)


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_a_test_with_loopback_reaches_nothing_beyond() -> None:
    """A test that may use loopback is stopped before it leaves the machine."""
    with socket.socket() as probe, pytest.raises(SocketConnectBlockedError):
        probe.connect(ELSEWHERE)


async def test_an_event_loop_still_runs() -> None:
    """Asyncio's own Unix socket pair is let through."""
    answer = await asyncio.to_thread(lambda: "ran")

    assert answer == "ran"


def test_a_skip_fails_in_ci() -> None:
    """A skipped test is a failed one in CI, and says why it was skipped."""
    report = refuse_skip(_skipped(), {"CI": "true"})

    assert report.failed
    assert "needs PostgreSQL" in str(report.longrepr)


def test_a_skip_is_allowed_on_a_laptop() -> None:
    """A skipped test stays skipped outside CI."""
    report = refuse_skip(_skipped(), {})

    assert report.skipped


async def test_each_test_gets_an_empty_database(postgres_database: str) -> None:
    """The database of a test is reachable and holds no table."""
    connection = await asyncpg.connect(postgres_database.replace("+asyncpg", ""))
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()

    assert tables == 0


async def test_a_durable_database_syncs(postgres_durable: str) -> None:
    """A test that asks for durability gets fsync."""
    connection = await asyncpg.connect(postgres_durable.replace("+asyncpg", ""))
    fsync = await connection.fetchval("SHOW fsync")
    await connection.close()

    assert fsync == "on"


async def test_a_server_of_its_own_survives_a_crash(postgres_server: Server) -> None:
    """A test may kill its own server and start it again on the same data."""
    postgres_server.create("kept")
    postgres_server.kill()
    postgres_server.start()
    connection = await asyncpg.connect(postgres_server.url("kept").replace("+asyncpg", ""))
    database = await connection.fetchval("SELECT current_database()")
    await connection.close()

    assert database == "kept"


def _skipped() -> pytest.TestReport:
    return pytest.TestReport(
        nodeid="test", location=("test.py", 1, "test"), keywords={}, outcome="skipped",
        longrepr=("test.py", 1, "needs PostgreSQL"), when="setup",
    )  # fmt: skip
