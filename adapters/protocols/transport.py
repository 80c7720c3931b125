"""The sockets: an httpx transport over aiohttp, each failure with its own httpx error.

httpx's own pool scans itself on every request and collapses under a concurrent fan-out. The packaged
transports over aiohttp call refused, unresolvable and disconnected-after-sending all `ConnectTimeout`,
so that a retry could repeat a question which had arrived. This one tells them apart.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import httpx
import yarl

KEEP_ALIVE: Final = 4.0
"""Seconds an idle connection is kept: less than the five after which common servers close theirs."""

CHUNK: Final = 65_536


@contextmanager
def translated_sockets() -> Iterator[None]:
    """Turn aiohttp's errors into httpx's. Messages are constant: aiohttp's own hold the URL."""
    try:
        yield
    except aiohttp.ClientConnectorDNSError:
        raise httpx.ConnectError("name not resolved") from None
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorError):
        raise httpx.ConnectError("not connected") from None
    except aiohttp.ConnectionTimeoutError:
        raise httpx.ConnectTimeout("connect timed out") from None
    except (TimeoutError, aiohttp.ServerTimeoutError):
        raise httpx.ReadTimeout("read timed out") from None
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientResponseError):
        raise httpx.RemoteProtocolError("disconnected or malformed") from None
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError):
        raise httpx.LocalProtocolError("not sendable") from None
    except (aiohttp.ClientError, OSError):
        raise httpx.ReadError("connection lost") from None


class _Body(httpx.AsyncByteStream):
    """A response's bytes as they arrive, still encoded; closing early drops the connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with translated_sockets():
            async for chunk in self._response.content.iter_chunked(CHUNK):
                yield chunk

    async def aclose(self) -> None:
        # After a complete read the connection is already back in the pool; `close` then does nothing.
        self._response.close()


class SocketTransport(httpx.AsyncBaseTransport):
    """Kept-alive connections to registries, for the whole process. See `httpx.AsyncBaseTransport`.

    Follows no redirect, keeps no cookie, reads no proxy or netrc environment, decompresses nothing
    (`Wire` does, under its cap). Does not bound connections: registries on one bus share an origin, so `Wire`
    bounds each registry by itself. Opens on first use, inside the running loop.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self._ssl = ssl_context
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=KEEP_ALIVE,
                ssl=self._ssl if self._ssl is not None else True,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
        )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is read as its stream is. See `httpx.AsyncBaseTransport`."""
        session = self._session or self._open()
        limits = request.extensions.get("timeout", {})
        with translated_sockets():
            response = await session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=[
                    (name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw
                ],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=limits.get("connect"), sock_read=limits.get("read")
                ),
            )
        return httpx.Response(response.status, headers=list(response.raw_headers), stream=_Body(response))

    async def aclose(self) -> None:
        """Close every connection; the next request opens anew."""
        if self._session is not None:
            await self._session.close()
            self._session = None
