"""Real sockets and the ways in which they fail: each has its own error, and none hangs or follows."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import httpx
import pytest

from adapters.base import SourceError, SourceMisbehavedError, SourceUnavailableError
from adapters.protocols.transport import SocketTransport
from adapters.protocols.wire import Response, Wire
from contracts.vocabulary import Source

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@asynccontextmanager
async def registry(speak: Speak) -> AsyncIterator[str]:
    """Run a server that reads one request's head and then does as `speak` does; yield its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await speak(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def saying(*pieces: bytes) -> Speak:
    """Give a server that sends these bytes and hangs up."""

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return speak


async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a body without end."""
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
        await writer.drain()


async def never_ending_header(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a header without end."""
    writer.write(OK + b"X-Long: ")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send one byte now and then."""
    writer.write(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.005)


async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Wait until the asker hangs up."""
    await reader.read()


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection in the middle of the body."""
    writer.write(OK + b"Content-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()


@contextmanager
def crowded_port() -> Iterator[int]:
    """Give a port whose queue of connections is full and never served."""
    with ExitStack() as sockets:
        full = sockets.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]


async def ask(address: str, patience: float = 5.0) -> Response:
    """Send one request over a transport of its own."""
    transport = SocketTransport()
    try:
        wire = Wire(Source("border"), address, transport)
        deadline = asyncio.get_running_loop().time() + patience
        return await wire.send("POST", "/service", deadline=deadline, content=b"question")
    finally:
        await transport.aclose()


@pytest.mark.parametrize(
    ("speak", "kind", "reason"),
    [
        (saying(), SourceUnavailableError, "disconnected"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-"), SourceUnavailableError, "disconnected"),
        (saying(OK + b"Content-Length: 1000\r\n\r\nhalf"), SourceUnavailableError, "disconnected"),
        (saying(OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n"), SourceUnavailableError, "disconnected"),
        (saying(b"SMTP ready\r\n\r\n"), SourceUnavailableError, "disconnected"),
        (reset, SourceUnavailableError, "disconnected"),
        (never_ending_header, SourceUnavailableError, "disconnected"),
        (pour, SourceMisbehavedError, "too-large"),
        (
            saying(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"\0" * 50_000_000, mtime=0)),
            SourceMisbehavedError,
            "too-large",
        ),
        (
            saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            SourceMisbehavedError,
            "redirected",
        ),
    ],
)
async def test_a_broken_answer_has_its_own_error(speak: Speak, kind: type[SourceError], reason: str) -> None:
    """Hanging up, nonsense, floods and redirects are told apart."""
    async with registry(speak) as address:
        with pytest.raises(kind) as error:
            await ask(address)

    assert error.value.reason == reason


@pytest.mark.parametrize("speak", [say_nothing, drip])
async def test_a_slow_answer_ends_at_the_deadline(speak: Speak) -> None:
    """Silence and a drip both time out when the question does."""
    async with registry(speak) as address:
        with pytest.raises(SourceUnavailableError, match="timed-out"):
            await ask(address, patience=0.1)


async def test_nobody_listening_is_unreachable(unused_tcp_port: int) -> None:
    """A refused connection is no time-out: nothing was sent."""
    with pytest.raises(SourceUnavailableError, match="unreachable"):
        await ask(f"http://127.0.0.1:{unused_tcp_port}")


async def test_a_name_that_is_not_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without an address is no time-out either."""

    def no_address(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", no_address)

    with pytest.raises(SourceUnavailableError, match="unreachable"):
        await ask("http://registry.invalid")


async def test_a_server_that_does_not_pick_up_times_out_connecting() -> None:
    """A connection that is never accepted is a connect time-out to httpx, so a retry is safe."""
    transport = SocketTransport(connect=0.1)

    with crowded_port() as port, pytest.raises(httpx.ConnectTimeout):
        await transport.handle_async_request(
            httpx.Request("POST", f"http://127.0.0.1:{port}/", content=b"question")
        )

    await transport.aclose()


async def test_proxies_in_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    """A proxy variable cannot lead a question elsewhere."""
    proxy = f"http://127.0.0.1:{unused_tcp_port}"
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("ALL_PROXY", proxy)
    async with registry(saying(OK + b"Content-Length: 2\r\n\r\nhi")) as address:
        response = await ask(address)

    assert response.body == b"hi"


async def test_no_version_is_told() -> None:
    """A request names us, and neither the library it is sent with nor its version."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"question"))
        writer.write(OK + b"Content-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    await ask(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    server.close()

    assert b"User-Agent: obmin\r\n" in heard[0]
    assert b"aiohttp" not in heard[0]


async def test_a_cookie_is_not_kept() -> None:
    """What one answer sets is not sent with the next question: registries cannot join our questions up."""
    heard: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(b"question"))
        writer.write(OK + b"Set-Cookie: person=1\r\nContent-Length: 0\r\n\r\n")
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK + b"Content-Length: 0\r\n\r\n")

    async with registry(speak) as address:
        transport = SocketTransport()
        wire = Wire(Source("border"), address, transport)
        deadline = asyncio.get_running_loop().time() + 5
        await wire.send("POST", "/a", deadline=deadline, content=b"question")
        await wire.send("POST", "/b", deadline=deadline, content=b"question")
        await transport.aclose()

    assert b"/b HTTP/1.1" in heard[0]
    assert b"ookie" not in heard[0]


async def test_a_connection_is_kept_for_the_next_question() -> None:
    """Two questions one after the other go over one connection."""
    connections: list[int] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.readexactly(len(b"question"))
        writer.write(OK + b"Content-Length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 0\r\n\r\n")

    async with registry(speak) as address:
        transport = SocketTransport()
        wire = Wire(Source("border"), address, transport)
        deadline = asyncio.get_running_loop().time() + 5
        await wire.send("POST", "/a", deadline=deadline, content=b"question")
        await wire.send("POST", "/b", deadline=deadline, content=b"question")
        await transport.aclose()

    assert connections == [1]
