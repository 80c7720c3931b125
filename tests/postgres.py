"""A private PostgreSQL for the tests: started once, thrown away with its data.

- `postgres_url`        the server (session), for tests that make their own databases
- `postgres_database`   a fresh, empty database for one test; its URL
- `postgres_place`      the URL of a database for one test that nobody has made yet
- `postgres_durable`    the same, with fsync on while the test runs
- `postgres_server`     a server of the test's own, which it may stop, kill and start again
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

SUPERUSER = "obmin"
INSTALL = "apt-get install postgresql"
SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = 32MB
fsync = off
"""
PATIENCE = 30.0
"""How long a server may take to start, in seconds: a loaded machine is slow, not broken."""


class Server:
    """One PostgreSQL server below a temporary folder, on a loopback port and a Unix socket."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._account = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        self._folder = Path(tempfile.mkdtemp(prefix="obmin-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        if self._account:
            os.chown(self._folder, pwd.getpwnam(self._account).pw_uid, -1)
        self._run("initdb", "-D", f"{self._folder}/data", "-U", SUPERUSER, "--auth=trust", "--no-sync",
                  "--encoding=UTF8", "--locale=C.UTF-8")  # fmt: skip
        with (self._folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database of this server."""
        return f"postgresql+asyncpg://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [str(self._binaries / "postgres"), "-D", f"{self._folder}/data", "-p", str(self.port),
                   "-k", str(self._folder)]  # fmt: skip
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, user=self._account, cwd=self._folder
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def make_durable(self) -> None:
        """Let commits reach the disk from the next start on."""
        with (self._folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write("fsync = on\n")

    def stop(self) -> None:
        """Stop in order, breaking off open connections ("fast" shutdown)."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """Stop as a crash does ("immediate" shutdown: recovery at the next start)."""
        self._signal(signal.SIGQUIT)

    def remove(self) -> None:
        """Stop the server and remove its data."""
        self.kill()
        shutil.rmtree(self._folder)

    def create(self, database: str) -> None:
        """Create an empty database."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE template0')

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def execute(self, *statements: str) -> None:
        """Run statements in the `postgres` database, each in a transaction of its own."""
        options = [option for statement in statements for option in ("-c", statement)]
        self._run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", "postgres",
                  "-X", "-q", "-v", "ON_ERROR_STOP=1", *options)  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, user=self._account, cwd=self._folder, check=False
        )
        if done.returncode:
            pytest.fail(f"{program}: {done.stderr[-2000:]}")

    def _answers(self) -> bool:
        asked = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None


def find_binaries() -> Path | None:
    """Return the folder with PostgreSQL's programs, the newest version first; None where there is none."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: int(path.parts[-3]), reverse=True)
    found = newest or [Path(path) for path in [shutil.which("initdb")] if path]
    return found[0].resolve().parent if found else None


@pytest.fixture(scope="session")
def postgres_binaries() -> Path:
    """Give the folder with PostgreSQL's programs, or skip (in CI: fail) naming what installs them."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(f"needs PostgreSQL: {INSTALL}")
    return binaries


@pytest.fixture(scope="session")
def _shared_server(postgres_binaries: Path) -> Iterator[Server]:
    server = Server(postgres_binaries)
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_url(_shared_server: Server) -> str:
    """Give the URL of the shared server's own database."""
    return _shared_server.url()


@pytest.fixture
def postgres_database(_shared_server: Server) -> Iterator[str]:
    """Give the URL of a fresh and empty database."""
    name = f"test-{uuid.uuid4().hex}"
    _shared_server.create(name)
    yield _shared_server.url(name)
    _shared_server.drop(name)


@pytest.fixture
def postgres_place(_shared_server: Server) -> Iterator[str]:
    """Give the URL of a database that is not there; whoever makes it need not take it away."""
    name = f"test-{uuid.uuid4().hex}"
    yield _shared_server.url(name)
    _shared_server.drop(name)


@pytest.fixture
def postgres_durable(_shared_server: Server, postgres_database: str) -> Iterator[str]:
    """Give the URL of a fresh database whose commits reach the disk."""
    _shared_server.execute("ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()")
    yield postgres_database
    _shared_server.execute("ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()")


@pytest.fixture
def postgres_server(postgres_binaries: Path) -> Iterator[Server]:
    """Give a running server that belongs to this test alone."""
    server = Server(postgres_binaries)
    server.start()
    yield server
    server.remove()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
