"""One registry's end of the wire: caps, refusals, and errors that hold codes alone."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.base import SourceError, SourceMisbehavedError, SourceRefusedError, SourceUnavailableError
from adapters.protocols.wire import Response, Wire, header_text, refuse_status
from contracts.vocabulary import Source

SOURCE = Source("health")
GZIP = {"content-encoding": "gzip"}


async def send(transport: httpx.AsyncBaseTransport, patience: float = 5.0) -> Response:
    """Send one request with a small cap."""
    wire = Wire(SOURCE, "http://registry.example/base", transport, {"X-Api-Key": "key"}, cap=1_000)
    deadline = asyncio.get_running_loop().time() + patience
    return await wire.send("POST", "/path", deadline=deadline, content=b"question")


def failing(error: Exception) -> httpx.MockTransport:
    """Give a transport that fails before anything comes back."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(fail)


def answering(status: int, content: bytes, **headers: str) -> httpx.MockTransport:
    """Give a transport that answers every request the same, its stream unread."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.MockTransport(
        lambda _request: httpx.Response(status, headers=named, stream=httpx.ByteStream(content))
    )


class Dripping(httpx.AsyncBaseTransport):
    """A registry that sends one byte now and then, for ever."""

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        """Answer at once, with a body that never ends."""

        class Drip(httpx.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                while True:
                    await asyncio.sleep(0.005)
                    yield b"."

        return httpx.Response(200, stream=Drip())


@pytest.mark.parametrize(
    ("failure", "kind", "reason"),
    [
        (httpx.ConnectError("maria"), SourceUnavailableError, "unreachable"),
        (httpx.ConnectTimeout("maria"), SourceUnavailableError, "timed-out"),
        (httpx.ReadTimeout("maria"), SourceUnavailableError, "timed-out"),
        (httpx.PoolTimeout("maria"), SourceUnavailableError, "timed-out"),
        (httpx.ReadError("maria"), SourceUnavailableError, "disconnected"),
        (httpx.RemoteProtocolError("maria"), SourceUnavailableError, "disconnected"),
        (httpx.LocalProtocolError("maria"), SourceRefusedError, "unsendable"),
        (httpx.InvalidURL("maria"), SourceRefusedError, "unsendable"),
    ],
)
async def test_a_failure_of_the_transport_gets_its_reason(
    failure: Exception, kind: type[SourceError], reason: str
) -> None:
    """Each way in which a connection fails is told apart, and its text is dropped."""
    with pytest.raises(kind) as error:
        await send(failing(failure))

    assert error.value.reason == reason
    assert error.value.__suppress_context__
    assert "maria" not in str(error.value)


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, SourceRefusedError, "bad-question"),
        (401, SourceRefusedError, "access-denied"),
        (403, SourceRefusedError, "access-denied"),
        (404, SourceRefusedError, "unknown-service"),
        (422, SourceRefusedError, "bad-question"),
        (429, SourceUnavailableError, "overloaded"),
        (500, SourceUnavailableError, "source-failed"),
        (503, SourceUnavailableError, "source-failed"),
        (204, SourceMisbehavedError, "unexpected-status"),
        (418, SourceMisbehavedError, "unexpected-status"),
    ],
)
def test_a_status_gets_its_reason(status: int, kind: type[SourceError], reason: str) -> None:
    """A status with no word of the protocol beside it still says whose fault it is."""
    with pytest.raises(kind) as error:
        refuse_status(SOURCE, status)

    assert error.value.reason == reason


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    """A registry cannot send the gateway elsewhere, least of all to itself."""
    with pytest.raises(SourceMisbehavedError, match="redirected"):
        await send(answering(status, b"", location="http://127.0.0.1/admin"))


@pytest.mark.parametrize(
    ("content", "headers", "kind", "reason"),
    [
        (b"x" * 1_001, {}, SourceMisbehavedError, "too-large"),
        (gzip.compress(b"x" * 1_001, mtime=0), GZIP, SourceMisbehavedError, "too-large"),
        (gzip.compress(b"x" * 900_000, mtime=0), GZIP, SourceMisbehavedError, "too-large"),
        (gzip.compress(b"x" * 900, mtime=0)[:-9], GZIP, SourceUnavailableError, "disconnected"),
        (b"not compressed", GZIP, SourceMisbehavedError, "unreadable"),
        (b"anything", {"content-encoding": "br"}, SourceMisbehavedError, "unreadable"),
        (b"half", {"content-length": "8"}, SourceUnavailableError, "disconnected"),
    ],
)
async def test_a_body_out_of_bounds_is_refused(
    content: bytes, headers: dict[str, str], kind: type[SourceError], reason: str
) -> None:
    """A body too large before or after unpacking, cut short or in a strange coding is not used."""
    with pytest.raises(kind) as error:
        await send(answering(200, content, **headers))

    assert error.value.reason == reason


@pytest.mark.parametrize("packed", [gzip.compress(b"answer", mtime=0), zlib.compress(b"answer")])
async def test_a_compressed_body_is_unpacked(packed: bytes) -> None:
    """A registry may compress although it was asked not to."""
    response = await send(answering(200, packed, content_encoding="gzip"))

    assert response.body == b"answer"


async def test_a_dripping_body_ends_at_the_deadline() -> None:
    """A registry that keeps the line alive without finishing has timed out."""
    with pytest.raises(SourceUnavailableError, match="timed-out"):
        await send(Dripping(), patience=0.05)


async def test_a_request_carries_the_credential_and_its_length() -> None:
    """The fixed headers, the origin and the body's length go with each request."""
    heard: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200)

    await send(httpx.MockTransport(keep))

    assert heard[0].url == "http://registry.example/base/path"
    assert heard[0].headers["x-api-key"] == "key"
    assert heard[0].headers["host"] == "registry.example"
    assert heard[0].headers["content-length"] == "8"
    assert heard[0].headers["accept-encoding"] == "identity"


async def test_a_registry_that_hangs_keeps_its_places_to_itself() -> None:
    """Questions beyond a registry's places wait their turn and time out; another registry answers."""
    hanging = Wire(SOURCE, "http://registry.example", Dripping())
    other = Wire(Source("donors"), "http://registry.example", answering(200, b"here"))
    deadline = asyncio.get_running_loop().time() + 0.1
    asked = [hanging.send("GET", "/", deadline=deadline) for _ in range(200)]

    outcomes, answer = await asyncio.gather(
        asyncio.gather(*asked, return_exceptions=True), other.send("GET", "/", deadline=deadline)
    )

    assert {str(outcome) for outcome in outcomes} == {"health: timed-out"}
    assert answer.body == b"here"


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://registry.example",
        "http://name:secret@registry.example",
        "http://",
        "registry.example",
        "http://a/?b=c",
    ],
)
def test_a_base_url_is_a_bare_origin(base_url: str) -> None:
    """An address with another scheme, credentials or a query is refused at start."""
    with pytest.raises(ValueError, match="base-url"):
        Wire(SOURCE, base_url, answering(200, b""))


@pytest.mark.parametrize("value", ["worker\r\nX-Admin: 1", "працівник", "a\0b"])
def test_a_header_value_cannot_begin_another_header(value: str) -> None:
    """What is not visible ASCII goes percent-encoded."""
    text = header_text(value)

    assert text.isascii()
    assert text.isprintable()


def test_a_response_prints_no_body() -> None:
    """The representation of a response tells its size alone."""
    found = repr(Response(200, {"a": "b"}, b"3311845622"))

    assert found == "Response(200, 10 bytes)"
