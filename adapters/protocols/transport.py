"""The sockets: an httpx transport over aiohttp, each failure with its own httpx error.

httpx's own pool scans itself on every request and collapses under a concurrent fan-out. The packaged
transports over aiohttp call refused, unresolvable and disconnected-after-sending all `ConnectTimeout`,
so that a retry could repeat a question which had arrived. This one tells them apart.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from typing import Final

import aiohttp
import httpx
import yarl
from aiohttp.abc import AbstractResolver

from adapters.protocols.reach import AstrayError, Reach, ReachResolver

KEEP_ALIVE: Final = 4.0
"""Seconds an idle connection is kept: less than the five after which common servers close theirs."""

CONNECT: Final = 2.0
"""Seconds to get a connection: a registry that does not pick up is told apart from a slow one."""

AGENT: Final = {"User-Agent": "obmin"}
"""Said in place of aiohttp's own line, which tells versions."""

FAILURES: Final = (aiohttp.ClientError, OSError, ValueError)
"""What aiohttp and the sockets raise; the built-in time-out is an OSError."""

MEANINGS: Final[Sequence[tuple[tuple[type[Exception], ...], type[httpx.TransportError], str]]] = (
    ((aiohttp.ClientSSLError, aiohttp.ClientConnectorError), httpx.ConnectError, "not connected"),
    ((aiohttp.ConnectionTimeoutError,), httpx.ConnectTimeout, "connect timed out"),
    ((TimeoutError,), httpx.ReadTimeout, "read timed out"),
    (
        (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientResponseError),
        httpx.RemoteProtocolError,
        "disconnected or malformed",
    ),
    ((aiohttp.NonHttpUrlClientError, ValueError), httpx.LocalProtocolError, "not sendable"),
    (FAILURES, httpx.ReadError, "connection lost"),
)
"""The first that fits counts. Messages are constant: aiohttp's own hold the URL."""


class Astray(httpx.ConnectError):
    """The name leads where it may not; nothing was sent."""


def as_httpx(error: Exception) -> httpx.TransportError:
    """Give httpx's error for one of `FAILURES`."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, AstrayError):
        return Astray("astray")
    return next(ours(message) for theirs, ours, message in MEANINGS if isinstance(error, theirs))


class _Body(httpx.AsyncByteStream):
    """A response's bytes as they arrive, still encoded; closing early drops the connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        try:
            while not content.at_eof():
                yield await content.readany()
        except FAILURES as error:
            raise as_httpx(error) from None

    async def aclose(self) -> None:
        # After a complete read the connection is already back in the pool; `close` then does nothing.
        self._response.close()


class SocketTransport(httpx.AsyncBaseTransport):
    """Kept-alive connections to registries, for the whole process. See `httpx.AsyncBaseTransport`.

    Connects only to addresses within `reach`; `resolver` finds them, the system's by default. Follows no
    redirect, keeps no cookie, reads no proxy or netrc environment, decompresses nothing
    (`Wire` does, under its cap). Does not bound connections: registries on one bus share an origin, so `Wire`
    bounds each registry by itself. Bounds connecting by `connect` seconds and nothing else: a timer for each
    read costs more than the one deadline that `Wire` keeps. Opens on first use, inside the running loop.
    """

    def __init__(
        self,
        ssl_context: ssl.SSLContext | None = None,
        connect: float = CONNECT,
        reach: Reach = Reach(),  # noqa: B008  never changed
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._ssl = ssl_context
        self._reach = reach
        self._resolver = resolver
        self._limits = aiohttp.ClientTimeout(total=None, connect=connect)
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=KEEP_ALIVE,
                resolver=ReachResolver(self._reach, self._resolver),
                ssl=self._ssl if self._ssl is not None else True,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=self._limits,
            headers=AGENT,
        )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is read as its stream is. See `httpx.AsyncBaseTransport`."""
        session = self._session or self._open()
        stream = request.stream
        content = b"".join(stream) if isinstance(stream, httpx.ByteStream) else await request.aread()
        try:
            response = await session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=[
                    (name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw
                ],
                data=content or None,
                allow_redirects=False,
            )
        except FAILURES as error:
            raise as_httpx(error) from None
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close every connection; the next request opens anew."""
        if self._session is not None:
            await self._session.close()
            self._session = None
