"""A new registry from its description alone, tried against services that nobody here wrote."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.base import SourceUnavailableError
from adapters.bench import Bench, Verdict, personal_values
from adapters.catalog import Entry, read_entry
from adapters.conformance import checks_of, remote_bench, simulated_bench, try_check
from adapters.people import load_people
from adapters.protocols.connection import Connection
from adapters.protocols.transport import SocketTransport
from adapters.scaffold.description import Described
from adapters.scaffold.draft import draft
from adapters.scaffold.openapi import read_openapi
from adapters.scaffold.wsdl import read_wsdl
from gateway.commands.demo import listening, serving
from tests.services import clinics

SERVICES = Path(__file__).parents[1] / "services"
EXPRESS = SERVICES / "express"
READY = (EXPRESS / "node_modules" / "express").is_dir() and shutil.which("node") is not None
LENIENT, STRICT = 'echo = "lenient"', 'echo = "strict"'


PASSED: Mapping[str, str] = {"samples": "", "fields": "", "unknown": "", "unidentified": ""}


@contextmanager
def started(*command: str | Path) -> Iterator[str]:
    """Run a service that prints its port; yield its address."""
    with subprocess.Popen(
        command, cwd=SERVICES, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def spyne(people: Path, *options: str) -> AbstractContextManager[str]:
    """Run the SOAP service."""
    return started(sys.executable, "-W", "ignore", "pensions.py", people, *options)


@pytest.fixture
def soap(tmp_path: Path) -> Entry:
    """Draft an adapter from the WSDL that the service itself serves."""
    nobody, wsdl = tmp_path / "nobody.json", tmp_path / "service.wsdl"
    nobody.write_text("{}")
    with spyne(nobody) as address:
        wsdl.write_bytes(httpx.get(f"{address}/?wsdl", trust_env=False).content)
    return drafted(read_wsdl(wsdl), tmp_path)


def drafted(described: Described, folder: Path) -> Entry:
    """Draft a registry, and change nothing."""
    draft("newcomer", described, folder)
    return read_entry(folder / "newcomer")


def edited(entry: Entry, old: str, new: str) -> Entry:
    """Give the registry with one line of its manifest changed."""
    manifest = entry.folder / "manifest.toml"
    manifest.write_text(manifest.read_text("utf-8").replace(old, new), "utf-8")
    return read_entry(entry.folder)


def held(entry: Entry, by: str, folder: Path) -> Path:
    """Write the drafted samples as a bench would hold them, by the number in them; give the file."""
    samples: Mapping[str, Any] = json.loads((entry.folder / "samples" / "records.json").read_text("utf-8"))
    path = folder / "people.json"
    path.write_text(json.dumps({sample["said"][by]: sample["said"] for sample in samples.values()}))
    return path


@asynccontextmanager
async def trying(entry: Entry, address: str) -> AsyncIterator[Bench]:
    """Put a registry on trial against an address."""
    transport = SocketTransport()
    try:
        yield remote_bench(entry, Connection(address, credential="key"), transport)
    finally:
        await transport.aclose()


async def tried(entry: Entry, address: str) -> dict[str, str]:
    """Run every check that can be run there; give what is wrong, by check."""
    async with trying(entry, address) as bench:
        verdicts = [await try_check(bench, name) for name in checks_of(bench.entry, simulated=False)]
    return {verdict.check: verdict.because for verdict in verdicts}


async def simulated(entry: Entry) -> list[Verdict]:
    """Run every check over the drafted simulator; give those that failed."""
    bench = simulated_bench(entry)
    verdicts = [await try_check(bench, name) for name in checks_of(bench.entry, simulated=False)]
    return [verdict for verdict in verdicts if not verdict.passed]


async def test_a_draft_from_a_wsdl_passes_before_a_line_is_edited(soap: Entry) -> None:
    """Over its own simulator the drafted adapter meets the whole bar."""
    failed = await simulated(soap)

    assert failed == []


@pytest.mark.parametrize("options", [[], ["--echo"]])
async def test_a_service_of_spyne_is_asked(soap: Entry, tmp_path: Path, options: list[str]) -> None:
    """With and without the header copied back it passes, but for the person of whom the service fails."""
    with spyne(held(soap, "rnokpp", tmp_path), *options) as address:
        outcome = await tried(soap, address)

    assert outcome == {**PASSED, "samples": "SourceUnavailableError source-failed"}


@pytest.mark.parametrize(("options", "because"), [([], "SourceMisbehavedError wrong-echo"), (["--echo"], "")])
async def test_a_strict_echo_is_demanded(
    soap: Entry, tmp_path: Path, options: list[str], because: str
) -> None:
    """Where the manifest demands the header, its absence is what the owner is told to mend."""
    strict = edited(soap, LENIENT, STRICT)
    with spyne(held(soap, "rnokpp", tmp_path), *options) as address:
        outcome = await tried(strict, address)

    assert outcome["fields"] == because


async def test_a_fault_that_tells_of_the_person_goes_nowhere(
    soap: Entry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Spyne's own fault quotes what the service raised; neither error nor log of ours does."""
    caplog.set_level(logging.DEBUG)
    canary = load_people()["canary"].subject()
    with spyne(held(soap, "rnokpp", tmp_path)) as address:
        async with trying(soap, address) as bench:
            with pytest.raises(SourceUnavailableError, match="source-failed") as error:
                await bench.adapter.ask(bench.question(canary))

    assert not [value for value in personal_values(canary) if value in caplog.text + repr(error.value)]


async def test_a_service_of_fastapi_is_asked(tmp_path: Path) -> None:
    """From its own /openapi.json: bearer token, nested members, its `detail` for nobody."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(clinics.application({}).openapi()))
    entry = drafted(read_openapi(path), tmp_path)
    wrong = await simulated(entry)
    with listening(0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        people = json.loads(held(entry, "rnokpp", tmp_path).read_text())
        async with serving(clinics.application(people), listener):
            outcome = await tried(entry, address)

    assert wrong == []
    assert outcome == PASSED


@pytest.mark.skipif(not READY, reason="Express is absent: npm ci in tests/services/express")
async def test_a_service_of_express_is_asked(tmp_path: Path) -> None:
    """From a document in YAML: a key, an envelope around the person, and a word for nobody of its own."""
    entry = drafted(read_openapi(EXPRESS / "openapi.yaml"), tmp_path)
    wrong = await simulated(entry)
    with started("node", EXPRESS / "service.js", held(entry, "taxId", tmp_path)) as address:
        outcome = await tried(entry, address)

    assert wrong == []
    assert outcome == PASSED
