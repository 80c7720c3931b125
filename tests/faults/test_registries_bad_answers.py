"""Hostile and broken documents over real sockets: each has its reason, and nobody else notices."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Mapping

import brotli
import pytest

from adapters.base import Answered, SourceError, SourceMisbehavedError
from tests.faults.answering import JSON, XML, ask_at, asking, soap
from tests.faults.test_registries_sockets import OK, Speak, registry, saying
from tests.unit.adapters.asking import ask_for

ANSWER = soap()
DONOR = '{"recipient":{"rnokpp":"3311845622","familyName":"Бондаренко","givenName":"Марія"},"aid":[],'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES = f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]>'.encode()
QUADRATIC = b'<!DOCTYPE a [<!ENTITY q "' + b"q" * 100_000 + b'">]>'
INSTANCE = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
MANY = 100_000
BOMB = gzip.compress(b"\0" * 50_000_000)


def many(pattern: bytes, count: int = MANY) -> bytes:
    """Give a numbered pattern so many times."""
    return b"".join(pattern % number for number in range(count))


def inserted(markup: bytes) -> bytes:
    """Put markup into the answer's person."""
    return ANSWER.replace(b"</person>", markup + b"</person>", 1)


UTF_16 = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a SYSTEM "x">{ANSWER.decode()}'.encode("utf-16")
BAD_MARKUP: Mapping[str, tuple[bytes, str]] = {
    "billion laughs": (ENTITIES + ANSWER.replace(b"IN<", b"&l9;<"), "unreadable"),
    "quadratic blow-up": (QUADRATIC + inserted(b"<a>" + b"&q;" * 5_000 + b"</a>"), "unreadable"),
    "entity of a file": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ANSWER, "unreadable"),
    "100 000 attributes": (inserted(b"<a " + many(b' a%d=""') + b"/>"), "unreadable"),
    "50 000 namespaces": (inserted(b"<a " + many(b' xmlns:n%d="u"', MANY // 2) + b"/>"), "unreadable"),
    "100 000 deep": (inserted(b"<a>" * MANY + b"</a>" * MANY), "unreadable"),
    "100 000 wide": (inserted(b"<a/>" * MANY), "unreadable"),
    "more than the cap": (inserted(b"<a>" + b"a" * 1_100_000 + b"</a>"), "too-large"),
    "null byte": (ANSWER + b"\0", "unreadable"),
    "UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>' + ANSWER, "unreadable"),
    "DTD in UTF-16": (UTF_16, "unreadable"),
    "charset that is not said": (ANSWER.decode().encode("cp1251"), "unreadable"),
    "half": (ANSWER[: len(ANSWER) // 2], "unreadable"),
    "empty 200": (b"", "unreadable"),
    "HTML 200": (b"<html><body>Service Unavailable</body></html>", "unreadable"),
    "another operation": (ANSWER.replace(b"GetBorderCrossingsR", b"DeleteR"), "unreadable"),
    "somebody else": (ANSWER.replace("БОНДАРЕНКО".encode(), "ІНША".encode()), "wrong-person"),
    "xsi:type": (
        ANSWER.replace(b"<abroad>", f'<abroad {INSTANCE} xsi:type="Map"><a/>'.encode()),
        "unreadable-field",
    ),
}


@pytest.mark.parametrize("case", BAD_MARKUP)
async def test_bad_markup_has_its_reason(case: str) -> None:
    """Entity bombs, floods, tricks with charsets, foreign wrappers and other people are told apart."""
    body, reason = BAD_MARKUP[case]
    async with registry(saying(XML + body)) as address:
        with pytest.raises(SourceMisbehavedError) as error:
            await ask_at(address, "border", ask_for(fields=frozenset({"border.abroad"})))

    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(DONOR + '"aid":[{}]}', "unreadable", id="duplicate-member"),
        pytest.param(DONOR + '"x":NaN}', "unreadable", id="nan"),
        pytest.param(DONOR + '"x":1e400}', "unreadable", id="1e400"),
        pytest.param(DONOR + '"x":' + "9" * 100_000 + "}", "unreadable", id="endless-number"),
        pytest.param(DONOR + '"x":' + "[" * MANY + "]" * MANY + "}", "unreadable", id="depth"),
        pytest.param(DONOR + '"x":"\\ud800"}', "unreadable", id="lone-surrogate"),
        pytest.param(DONOR + '"x":1}{}', "unreadable", id="two-documents"),
        pytest.param('"text"', "unreadable", id="other-shape"),
        pytest.param("<html>200</html>", "unreadable", id="html"),
        pytest.param("", "unreadable", id="empty"),
    ],
)
async def test_bad_json_has_its_reason(body: str, reason: str) -> None:
    """What two readers could understand differently is understood by none."""
    async with registry(saying(JSON + body.encode())) as address:
        with pytest.raises(SourceError) as error:
            await ask_at(address, "donors", ask_for())

    assert error.value.reason == reason


@pytest.mark.parametrize("charset", ["utf-16", "cp1251", "koi8-u"])
async def test_json_in_another_charset_is_unreadable(charset: str) -> None:
    """JSON between systems is UTF-8 (RFC 8259 §8.1); anything else is not guessed at."""
    async with registry(saying(JSON + (DONOR + '"x":1}').encode(charset))) as address:
        with pytest.raises(SourceMisbehavedError, match="unreadable"):
            await ask_at(address, "donors", ask_for())


@pytest.mark.parametrize(
    ("coding", "body", "reason"),
    [
        (b"gzip", gzip.compress(b"\0" * 300_000_000, 1, mtime=0)[:1_000_000], "too-large"),
        (b"deflate", zlib.compress(b"\0" * 100_000_000), "too-large"),
        (b"br", brotli.compress(b"\0" * 100_000_000, quality=1), "unreadable"),
        (b"gzip, gzip", gzip.compress(gzip.compress(ANSWER)), "unreadable"),
        (b"zstd", b"\x28\xb5\x2f\xfd", "unreadable"),
        (b"gzip", gzip.compress(ANSWER)[:-9], "disconnected"),
        (b"gzip", b"\x1f\x8b\x08garbage", "unreadable"),
    ],
)
async def test_a_compressed_bomb_is_not_unpacked(coding: bytes, body: bytes, reason: str) -> None:
    """We ask for nothing compressed; what comes so is unpacked to the cap and no further."""
    head = OK + b"Content-Encoding: " + coding + b"\r\nConnection: close\r\n\r\n"
    async with registry(saying(head + body)) as address:
        with pytest.raises(SourceError) as error:
            await ask_at(address, "border", ask_for())

    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 900\r\n\r\nhi", "disconnected"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "disconnected",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhi\r\n0\r\n\r\n", "disconnected"),
        (b"HTTP/1.1 200 OK\r\nX-A: b\0c\r\n\r\nhi", "disconnected"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi", "disconnected"),
        (b"HTTP/1.1 429 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n", "overloaded"),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: never\r\nContent-Length: 0\r\n\r\n", "overloaded"),
        (b"HTTP/1.0 200 OK\r\n\r\n<html/>", "unreadable"),
    ],
)
async def test_a_smuggled_answer_is_no_answer(head: bytes, reason: str) -> None:
    """Two lengths, a length beside chunks, bad chunks and control characters end the connection."""
    async with registry(saying(head)) as address:
        with pytest.raises(SourceError) as error:
            await ask_at(address, "border", ask_for())

    assert error.value.reason == reason


async def drip_header(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send one byte of a header now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.005)


async def test_a_dripping_header_ends_at_the_deadline() -> None:
    """A registry that never comes to its body costs its own deadline."""
    async with registry(drip_header) as address:
        with pytest.raises(SourceError, match="timed-out"):
            await ask_at(address, "border", ask_for(patience=0.1))


@pytest.mark.parametrize(
    "tail",
    [b"", b"\r\n--edge\r\nContent-Type: application/pdf\r\n\r\n%PD"],
    ids=["in-the-soap-part", "in-an-attachment"],
)
async def test_truncated_mime_is_no_answer(tail: bytes) -> None:
    """A multipart answer without its last boundary was cut off, wherever that was."""
    head = b'HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary="edge"\r\n\r\n'
    part = b"--edge\r\nContent-Type: text/xml\r\n\r\n" + ANSWER
    async with registry(saying(head + part + tail)) as address:
        with pytest.raises(SourceMisbehavedError, match="unreadable"):
            await ask_at(address, "border", ask_for())


async def test_an_answer_with_a_byte_order_mark_is_read() -> None:
    """A BOM before JSON or markup is common and harmless."""
    async with registry(saying(XML + b"\xef\xbb\xbf" + ANSWER)) as address:
        reply = await ask_at(address, "border", ask_for(fields=frozenset({"border.abroad"})))

    assert isinstance(reply, Answered)
    assert reply.values == {"border.abroad": False}


async def test_more_than_was_asked_for_is_left_behind() -> None:
    """A registry that sends everything it has tells no more than the field asked for."""
    body = inserted(b"<diagnosis>F20</diagnosis>")
    async with registry(saying(XML + body)) as address:
        reply = await ask_at(address, "border", ask_for(fields=frozenset({"border.abroad"})))

    assert isinstance(reply, Answered)
    assert reply.values.keys() == {"border.abroad"}


async def pour_forever(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a body without end."""
    writer.write(XML)
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()


async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Wait until the asker hangs up."""
    await reader.read()


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(say_nothing, id="hangs"),
        pytest.param(drip_header, id="drips"),
        pytest.param(pour_forever, id="pours"),
        pytest.param(saying(XML + inserted(b"<a>" * MANY)), id="depth"),
        pytest.param(saying(XML + ENTITIES + ANSWER), id="entities"),
        pytest.param(saying(OK + b"Content-Encoding: gzip\r\n\r\n" + BOMB), id="gzip"),
        pytest.param(saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"), id="redirects"),
    ],
)
async def test_the_other_sources_answer_as_ever(speak: Speak) -> None:
    """While one registry misbehaves, another is asked fifty times and answers every time in its time."""
    async with (
        registry(speak) as bad,
        registry(saying(XML + ANSWER)) as good,
        asking(bad, "border") as border,
        asking(good, "border") as other,
    ):
        misbehaving = [asyncio.create_task(border.ask(ask_for(patience=1.0))) for _ in range(10)]
        replies = await asyncio.gather(*(other.ask(ask_for()) for _ in range(50)))
        failures = await asyncio.gather(*misbehaving, return_exceptions=True)

    assert all(isinstance(reply, Answered) for reply in replies)
    assert all(isinstance(failure, SourceError) for failure in failures)
