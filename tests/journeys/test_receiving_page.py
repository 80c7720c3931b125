"""The page "Receiving from Obmin" holds a receiver that works: run here as it stands there."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from config.settings import PACKAGE
from gateway.commands.demo import listening
from tests.journeys.house import House
from tests.journeys.posting import OFFICIAL, Beside, Receiver, beside, deleted, receiving, registered, stepped

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGE = (PACKAGE / "gateway" / "channels" / "README.md").read_text("utf-8")
RECEIVER, OPENING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
JAVA = re.findall(r"```java\n(.*?)```", PAGE, re.DOTALL)[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(common: House) -> AsyncIterator[Beside]:
    """Give what submits messages beside the house."""
    async with beside(common) as opened:
        yield opened


@contextmanager
def running(folder: Path, port: int, secret: str) -> Iterator[subprocess.Popen[str]]:
    """Run the receiver of the page."""
    (folder / "receiver.py").write_text(RECEIVER, "utf-8")
    command = [sys.executable, str(folder / "receiver.py"), str(port), secret]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


async def up(url: str) -> int:
    """Wait until the receiver answers; give how it answers to what is not signed."""
    async with httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                return (await http.post(url, content=b"{}")).status_code
            except httpx.ConnectError:
                continue


async def test_the_python_receiver_takes_a_message(common: House, office: Beside, tmp_path: Path) -> None:
    """Registered, proved, and sent a message: it prints its type and id, and refuses what is not signed."""
    with listening(0) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/in"
    body = {"kind": "webhook", "address": address, **OFFICIAL}
    made = (await common.post("/v1/endpoints", body, "clinic")).json()
    with running(tmp_path, port, made["secret"]) as process:
        unsigned = await up(address)
        proved = await stepped(common, made["id"], "verification")
        message = await office.submit(key="page")
        assert process.stdout
        printed = await asyncio.to_thread(process.stdout.readline)
    await deleted(common)

    assert unsigned == 401
    assert proved.json()["state"] == "active"
    assert printed == f"obmin.test {message.id}\n"


async def test_what_is_sealed_opens_as_the_page_says(common: House, office: Beside) -> None:
    """The few lines of the page give the content, with whom and what it belongs to."""
    async with receiving() as receiver:
        event = await _received(common, office, receiver)
    private = json.loads(common.demo.private_key("clinic").read_text("utf-8"))
    names: dict[str, Any] = {"json": json, "event": event, "private_jwk": private}
    exec(OPENING, names)  # noqa: S102  our own page

    assert names["claims"]["content"] == {"number": 9}
    assert (names["claims"]["aud"], names["claims"]["id"]) == ("clinic", event["id"])


async def _received(house: House, office: Beside, receiver: Receiver) -> dict[str, Any]:
    await registered(house, receiver)
    await office.submit(9, key="opening")
    (event,) = await receiver.messages(1)
    await deleted(house)
    return event


async def test_both_receivers_are_as_short_as_promised() -> None:
    """Twenty lines, and no more than that needs to be read."""
    lengths = [len([line for line in code.splitlines() if line.strip()]) for code in (RECEIVER, JAVA)]

    assert max(lengths) <= 20
