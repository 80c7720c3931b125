"""What tests of bad answers share: an adapter at an address, and the answer of the border."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.base import Adapter, Question, Reply
from adapters.catalog import build, find_registries
from adapters.protocols.connection import Connection
from adapters.protocols.transport import SocketTransport
from contracts.vocabulary import Source
from tests.unit.adapters.envelopes import ECHO, PERSON, envelope, fields

XML = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nConnection: close\r\n\r\n"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
CHECKPOINT = "<lastCrossing><direction>IN</direction><checkpoint>{}</checkpoint></lastCrossing>"


@asynccontextmanager
async def asking(address: str, source: str) -> AsyncIterator[Adapter]:
    """Give a registry's adapter over sockets of its own, and close them."""
    transport = SocketTransport()
    try:
        yield build(find_registries()[Source(source)], Connection(address, credential="key"), transport)
    finally:
        await transport.aclose()


async def ask_at(address: str, source: str, question: Question) -> Reply:
    """Ask a registry once."""
    async with asking(address, source) as adapter:
        return await adapter.ask(question)


def soap(checkpoint: str = "Краківець") -> bytes:
    """Give the border's answer about the main person, without a declaration; `checkpoint` is markup."""
    person = PERSON.replace("</person>", f"{CHECKPOINT.format(checkpoint)}</person>")
    body = f"<GetBorderCrossingsResponse>{person}</GetBorderCrossingsResponse>"
    return envelope(body, fields(**ECHO)).removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>')
