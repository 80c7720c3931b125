"""What SOAP costs: a call built and read beside lxml alone, a 10 MB answer's memory, the catalog's start."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import httpx
from lxml import etree

from adapters.base import Answered
from adapters.catalog import Entry, build, find_registries
from adapters.protocols.connection import Connection
from adapters.protocols.markup import read_tree
from contracts.vocabulary import Source
from tests.unit.adapters.asking import ask_for
from tests.unit.adapters.envelopes import ECHO, PERSON, XML, envelope, fields

CALLS, BATCHES = 200, 9
LONG = 10_000_000
CAP = 16_777_216
ABROAD = frozenset({"border.abroad"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing: ours, the yardstick beside it where there is one, and what was aimed at."""

    what: str
    ours: float
    beside: float
    target: str


def measure_soap() -> list[Figure]:
    """Measure everything here, each in the state that a gateway would find it in."""
    return [
        *(_call(size, target) for size, target in ((2_000, "≤ 0.5 ms"), (17_000, "≤ 1 ms"))),
        Figure("10 MB answer, extra memory, MB", _extra(LONG), 0.0, "≤ 60 MB"),
        Figure("every adapter built, s", _start(), 0.0, "≤ 2 s"),
    ]


def answer(size: int) -> bytes:
    """Give an answer of about so many bytes: one person, and further members that nobody asked for."""
    return b"".join(chunks(size, 80))


def chunks(size: int, step: int) -> Iterator[bytes]:
    """Give such an answer piece by piece, so that whoever measures does not hold it whole."""
    body = f"<GetBorderCrossingsResponse>{PERSON}</GetBorderCrossingsResponse>"
    head, end, tail = envelope(body, fields(**ECHO)).partition(b"</person>")
    member = f"<remark>{'п' * ((step - 17) // 2)}</remark>".encode()
    yield head
    for _ in range(max(0, size - len(head) - len(tail)) // len(member)):
        yield member
    yield end + tail


def _call(size: int, target: str) -> Figure:
    content = answer(size)
    ours = asyncio.run(_ours(content))
    return Figure(f"call of {len(content) / 1000:.0f} kB, CPU ms", ours, _lxml(content), target)


async def _ours(content: bytes) -> float:
    """Give the CPU of one whole `ask` without a network: envelope built, answer parsed, checked and read."""
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=content, headers={"content-type": XML})
    )
    adapter = build(_roomy(), Connection("http://registry.example/border"), transport)
    question = ask_for(fields=ABROAD, patience=600.0)
    assert isinstance(await adapter.ask(question), Answered)
    taken = []
    for _ in range(BATCHES):
        began = time.process_time()
        for _ in range(CALLS):
            await adapter.ask(question)
        taken.append((time.process_time() - began) / CALLS * 1000)
    return median(taken)


def _lxml(content: bytes) -> float:
    """Give the CPU of what nobody can leave out: a tree built and written, a tree parsed and walked."""

    def once() -> None:
        root = etree.Element("{http://schemas.xmlsoap.org/soap/envelope/}Envelope")
        head = etree.SubElement(root, "Header")
        for name in ECHO:
            etree.SubElement(head, name).text = name
        for name in ("lastName", "firstName", "patronymic", "birthDate"):
            etree.SubElement(etree.SubElement(root, "Body"), name).text = name
        etree.tostring(root)
        read_tree(etree.fromstring(content))

    return median(_timed(once) for _ in range(BATCHES))


def _timed(once: Callable[[], None]) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        once()
    return (time.process_time() - began) / CALLS * 1000


def _extra(size: int) -> float:
    """Give the megabytes that a process of its own grows by when it reads one long answer."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(grown, (size,))


def grown(size: int) -> float:
    """Read a short answer, then a long one; give by how much the most memory has grown."""
    asyncio.run(_read(2_000))
    before = _most()
    asyncio.run(_read(size))
    return (_most() - before) / 1000


def _most() -> int:
    """Give the most memory this process has held, in kB. `ru_maxrss` would count the parent's too."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


async def _read(size: int) -> None:
    async def streamed(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": XML}, stream=_Chunks(size))

    adapter = build(_roomy(), Connection("http://registry.example/border"), httpx.MockTransport(streamed))
    assert isinstance(await adapter.ask(ask_for(fields=ABROAD, patience=600.0)), Answered)


class _Chunks(httpx.AsyncByteStream):
    def __init__(self, size: int) -> None:
        self._size = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in chunks(self._size, 2_000):
            yield chunk


def _roomy() -> Entry:
    """Give the border registry, allowed to answer at length."""
    entry = find_registries()[Source("border")]
    return replace(entry, manifest=entry.manifest.model_copy(update={"largest": CAP}))


def _start() -> float:
    """Give the seconds in which every adapter of the catalog is built once, WSDLs and mappings included."""
    began = time.perf_counter()
    for entry in find_registries().values():
        if entry.manifest.drop is None:
            build(entry, Connection("http://registry.example"), httpx.MockTransport(_silent))
    return time.perf_counter() - began


def _silent(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(503)
