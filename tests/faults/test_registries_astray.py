"""Names, redirects, includes and entities that lead elsewhere: nobody else is ever asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.base import SourceError, SourceMisbehavedError
from adapters.protocols.reach import Reach
from adapters.protocols.transport import SocketTransport
from adapters.protocols.wire import Response, Wire
from contracts.vocabulary import Source
from tests.faults.answering import XML, ask_at, soap
from tests.faults.test_registries_sockets import OK, registry, saying
from tests.unit.adapters.asking import ask_for


@dataclass
class Names(AbstractResolver):
    """A name server whose answer changes from one question to the next, the last one for ever."""

    answers: Sequence[str]
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the one address."""
        self.asked.append(host)
        address = self.answers[min(len(self.asked), len(self.answers)) - 1]
        return [ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Close nothing."""


@dataclass
class Trap:
    """A server that nobody must come to."""

    address: str
    visits: list[int] = field(default_factory=list)


@pytest_asyncio.fixture
async def trap() -> AsyncIterator[Trap]:
    """Listen, and note each visit."""
    caught = Trap("")

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caught.visits.append(1)
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    caught.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield caught
    server.close()


async def ask(url: str, names: Names, reach: Reach) -> Response:
    """Send one request over sockets that resolve names as told."""
    transport = SocketTransport(reach=reach, resolver=names)
    try:
        deadline = asyncio.get_running_loop().time() + 5
        return await Wire(Source("border"), url, transport).send("POST", "", deadline=deadline)
    finally:
        await transport.aclose()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("registry.example", "127.0.0.1"),
        ("registry.example", "169.254.169.254"),
        ("registry.example", "::1"),
        ("registry.example", "::ffff:127.0.0.1"),
        ("registry.example", "fe80::1"),
        ("registry.example", "fd00:ec2::254"),
        ("registry.example", "0.0.0.0"),  # noqa: S104
        ("127.0.0.1.example", "127.0.0.1"),
    ],
)
async def test_a_name_that_leads_to_ourselves_is_not_followed(host: str, address: str) -> None:
    """Loopback, metadata and unspecified addresses are refused whatever name stands before them."""
    with pytest.raises(SourceMisbehavedError, match="astray"):
        await ask(f"http://{host}:9", Names([address]), Reach.of(f"http://{host}:9"))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1"])
async def test_an_address_in_disguise_is_not_followed(host: str) -> None:
    """Loopback spelt as one number, in hexadecimal or cut short is no way in either."""
    with pytest.raises(SourceError, match=r"astray|unsendable"):
        await ask(f"http://{host}:9", Names(["127.0.0.1"]), Reach.of(f"http://{host}:9"))


async def test_a_name_that_changes_is_checked_each_time() -> None:
    """An answer within reach at first, elsewhere for the next connection: the second is not made."""
    networks = [ip_network("127.0.0.0/30")]
    names = Names(["127.0.0.1", "127.0.0.9"])
    async with registry(saying(OK + b"Content-Length: 2\r\n\r\nhi")) as address:
        url = address.replace("127.0.0.1", "registry.example")
        first = await ask(url, names, Reach.of(url, networks))

        with pytest.raises(SourceMisbehavedError, match="astray"):
            await ask(url, names, Reach.of(url, networks))

    assert first.body == b"hi"


def test_an_address_outside_the_agreed_networks_is_refused_at_start() -> None:
    """What is spelt in numbers needs no name server to be wrong."""
    with pytest.raises(ValueError, match="base-url"):
        Reach.of("http://192.0.2.7", [ip_network("10.0.0.0/8")])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["{trap}/", "http://169.254.169.254/", "http://[::1]/", "file:///etc/passwd"]
)
async def test_a_redirect_leads_nowhere(trap: Trap, status: int, target: str) -> None:
    """Every kind of redirect, to wherever it points, is a reason and no request."""
    place = target.format(trap=trap.address)
    redirect = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
    async with registry(saying(redirect.encode())) as address:
        with pytest.raises(SourceMisbehavedError, match="redirected"):
            await ask_at(address, "border", ask_for())

    assert trap.visits == []


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "{trap}">]>{answer}',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "{trap}"> %x;]>{answer}',
        '<!DOCTYPE a SYSTEM "{trap}/a.dtd">{answer}',
        '<!DOCTYPE a PUBLIC "-//a" "{trap}/a.dtd">{answer}',
        '<?xml-stylesheet href="{trap}"?>{answer}',
        '<?xml version="1.0"?><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{trap}"/>',
    ],
)
async def test_markup_fetches_nothing(trap: Trap, body: str) -> None:
    """Entities, DTDs, stylesheets and includes are refused or passed over; nobody is asked for them."""
    said = body.format(trap=trap.address, answer=soap().decode())
    async with registry(saying(XML + said.encode())) as address:
        outcome = await asyncio.gather(ask_at(address, "border", ask_for()), return_exceptions=True)

    assert trap.visits == []
    assert not isinstance(outcome[0], BaseException) or isinstance(outcome[0], SourceError)


@pytest.mark.parametrize("target", ["{trap}/a", "file:///etc/hostname", "cid:other"])
async def test_an_attachment_is_not_fetched(trap: Trap, target: str) -> None:
    """A value that is an XOP include of a file or an address is no value."""
    place = target.format(trap=trap.address)
    include = f'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="{place}"/>'
    parts = b"\r\n".join(
        [
            b"--edge",
            b'Content-Type: application/xop+xml; type="text/xml"',
            b"",
            soap(checkpoint=include),
            b"--edge--",
        ]
    )
    kind = b'Content-Type: multipart/related; boundary="edge"; type="application/xop+xml"\r\n\r\n'
    async with registry(saying(b"HTTP/1.1 200 OK\r\n" + kind + parts)) as address:
        with pytest.raises(SourceMisbehavedError, match="unreadable-field"):
            await ask_at(address, "border", ask_for(fields=frozenset({"border.checkpoint"})))

    assert trap.visits == []
