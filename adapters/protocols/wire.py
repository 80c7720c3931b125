"""One registry's end of the wire: prepared requests straight to a transport, bodies under a cap.

The seam is the httpx transport (sockets in production, a simulator or a mock in tests). The httpx client's
own machinery costs more than everything else in a fan-out, and does nothing here that we need.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NoReturn
from urllib.parse import quote

import httpx

from adapters.base import (
    Repeat,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
)
from adapters.protocols.switches import CAP
from adapters.protocols.transport import Astray
from contracts.vocabulary import Source

LONGEST_REST: Final = 3600.0
"""Seconds that a registry may ask to be left alone for; a longer wish is an operator's to grant."""

BUSY: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: header names in lower case, the body decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"


FAILURES: Final = (
    httpx.TransportError,
    httpx.StreamError,
    httpx.InvalidURL,
    TimeoutError,
    UnicodeEncodeError,
)
"""What sending raises: the transport's errors, the deadline's, and that of a header beyond ASCII."""


def as_ours(source: Source, error: Exception) -> SourceError:
    """Give our error for one of `FAILURES`, to raise `from None`: theirs hold addresses and provider text."""
    match error:
        case httpx.ConnectTimeout():
            return SourceUnavailableError(source, "timed-out", Repeat.SAFE)
        case httpx.TimeoutException() | TimeoutError():
            return SourceUnavailableError(source, "timed-out")
        case Astray():
            return SourceMisbehavedError(source, "astray")
        case httpx.ConnectError():
            return SourceUnavailableError(source, "unreachable", Repeat.SAFE)
        case (
            httpx.LocalProtocolError()
            | httpx.UnsupportedProtocol()
            | httpx.InvalidURL()
            | UnicodeEncodeError()
        ):
            return SourceRefusedError(source, "unsendable")
        case _:
            return SourceUnavailableError(source, "disconnected", Repeat.IF_IDEMPOTENT)


def refuse_status(source: Source, status: int) -> NoReturn:
    """Raise what an HTTP status means where the protocol says nothing of its own (RFC 9110 §15)."""
    if status in {401, 403}:
        raise SourceRefusedError(source, "access-denied")
    if status in {404, 405, 410}:
        raise SourceRefusedError(source, "unknown-service")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise SourceUnavailableError(source, "overloaded")
    if status in {400, 406, 409, 413, 415, 422}:
        raise SourceRefusedError(source, "bad-question")
    if status in {502, 503, 504}:  # something in front of the registry; a 500 would only fail again
        raise SourceUnavailableError(source, "source-failed", Repeat.IF_IDEMPOTENT)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise SourceUnavailableError(source, "source-failed")
    raise SourceMisbehavedError(source, "unexpected-status")


def header_text(value: str) -> str:
    """Give a value as it may stand in a header field: beyond visible ASCII percent-encoded (RFC 8187)."""
    return quote(value, safe="!#$&'()*+,-./:;<=>?@[]^_`{|}~ ").strip()


def _rest(text: str) -> float:
    """Read `Retry-After` as seconds; a date or anything else counts as saying nothing."""
    return min(float(text), LONGEST_REST) if text.strip().isascii() and text.strip().isdigit() else 0.0


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Give header fields as bytes. Raises UnicodeEncodeError, a ValueError, beyond ASCII."""
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]


class Wire:
    """Sends one registry's requests. Holds no state between them; as many run concurrently as are asked for.

    `base_url` is the only origin ever asked; fixed `headers` (credentials) go with each request. The URLs of
    `paths` are parsed once: that is a quarter of what a request costs here.
    """

    def __init__(
        self,
        source: Source,
        base_url: str,
        transport: httpx.AsyncBaseTransport,
        headers: Mapping[str, str] | None = None,
        paths: Sequence[str] = (),
        cap: int = CAP,
    ) -> None:
        base = httpx.URL(base_url)
        if base.scheme not in {"http", "https"} or not base.host or base.userinfo or base.query:
            raise ValueError("base-url")
        self.source = source
        self._base = str(base).rstrip("/")
        self._transport = transport
        self._fixed = _encoded(
            {"Host": base.netloc.decode(), "Accept-Encoding": "identity", **(headers or {})}
        )
        self._cap = cap
        self._urls = {path: httpx.URL(self._base + path) for path in paths}

    @property
    def base(self) -> str:
        """The only address ever asked, without a slash at its end."""
        return self._base

    async def send(
        self,
        method: str,
        path: str,
        *,
        deadline: float,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Response:
        """Send one request and read its whole answer by `deadline` (the loop's clock).

        `path` is as it goes onto the wire, a query included. Any status is returned but a redirect, and a
        wish to be asked later (`Retry-After`, RFC 9110 §10.2.3). Raises `SourceUnavailableError`
        (`timed-out`, `unreachable`, `disconnected`, `overloaded`), `SourceMisbehavedError` (`too-large`,
        `redirected`, `unreadable`) or `SourceRefusedError` (`unsendable`).
        """
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._transport.handle_async_request(
                    httpx.Request(
                        method,
                        self._urls.get(path) or self._base + path,
                        headers=[
                            *self._fixed,
                            (b"Content-Length", b"%d" % len(content)),
                            *_encoded(headers or {}),
                        ],
                        # Given a stream, httpx leaves the headers as they are and does not build them anew.
                        stream=httpx.ByteStream(content),
                    )
                )
                return await self._read(response)
        except FAILURES as error:
            raise as_ours(self.source, error) from None

    async def _read(self, response: httpx.Response) -> Response:
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise httpx.StreamConsumed
        try:
            if HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST:
                # Following one would let a registry choose whom the gateway talks to.
                raise SourceMisbehavedError(self.source, "redirected")
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers.raw
            }
            if response.status_code in BUSY and "retry-after" in headers:
                raise SourceUnavailableError(
                    self.source, "overloaded", Repeat.SAFE, _rest(headers["retry-after"])
                )
            raw = await self._collect(stream, headers.get("content-length"))
        finally:
            await stream.aclose()
        coding = headers.get("content-encoding", "identity").strip().lower()
        body = raw if coding in {"identity", ""} else self._decompress(raw, coding)
        return Response(response.status_code, headers, body)

    async def _collect(self, stream: httpx.AsyncByteStream, announced: str | None) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in stream:
            size += len(chunk)
            if size > self._cap:
                raise SourceMisbehavedError(self.source, "too-large")
            chunks.append(chunk)
        if announced is not None and announced != str(size):
            raise httpx.RemoteProtocolError("truncated")
        return b"".join(chunks)

    def _decompress(self, raw: bytes, coding: str) -> bytes:
        """Undo gzip or deflate, though we asked for neither, without ever exceeding the cap."""
        if coding not in {"gzip", "x-gzip", "deflate"}:
            raise SourceMisbehavedError(self.source, "unreadable")
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            body = inflater.decompress(raw, self._cap + 1)
        except zlib.error:
            raise SourceMisbehavedError(self.source, "unreadable") from None
        if len(body) > self._cap:
            raise SourceMisbehavedError(self.source, "too-large")
        if not inflater.eof:
            raise SourceUnavailableError(self.source, "disconnected")
        return body
