"""Deliveries a second to a local receiver, beside procrastinate and plain POSTs; a million that wait."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import uvicorn
from procrastinate.types import JSONValue
from sqlalchemy import TextClause, text
from starlette.types import Receive, Scope, Send

from gateway.outbox.claims import Claims
from gateway.storage.engine import Database, now
from tests.benchmarks.carriers import queue_at
from tests.journeys.delivering import Post, open_post
from tests.journeys.receiving import CLINIC

WORKERS = (1, 2, 4)
PENDING = 1_000_000
POLL = 0.02
PORTION = 25
"""Submitted at a time: as many as the pool has connections for."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured."""

    measure: str
    figure: str
    target: str = ""


async def measure_delivery(folder: Path, url: str, count: int, share: float) -> list[Figure]:
    """Measure on a PostgreSQL database; `count` messages for each way, `share` of the million."""
    figures: list[Figure] = []
    async with open_post(folder, url) as post:
        app = queue_at(url)
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
        with receiving() as address:
            for workers in WORKERS:
                plain = await _plain(address, count, workers)
                theirs = await _theirs(url, address, count, workers)
                ours = await _ours(post, folder, url, address, count, workers)
                figures += _figures(workers, plain, theirs, ours)
        figures += await _pending(post, share)
    return figures


def _figures(workers: int, plain: float, theirs: float, ours: float) -> Sequence[Figure]:
    return [
        Figure(f"{workers} workers: plain POSTs", f"{plain:.0f}/s"),
        Figure(f"{workers} workers: procrastinate", f"{theirs:.0f}/s"),
        Figure(f"{workers} workers: Obmin", f"{ours:.0f}/s"),
        Figure(f"{workers} workers: beside procrastinate", f"{ours / theirs:.2f}×", "≥ 1.5×"),
        Figure(f"{workers} workers: beside plain POSTs", f"{ours / plain:.2f}×", "≥ 0.4×"),
    ]


async def _plain(address: str, count: int, workers: int) -> float:
    with carriers("plain", str(count // workers), "-", address, workers=workers) as processes:
        began = time.perf_counter()
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        await asyncio.gather(*(asyncio.to_thread(process.wait) for process in processes))
        return count / (time.perf_counter() - began)


async def _theirs(url: str, address: str, count: int, workers: int) -> float:
    app = queue_at(url)
    async with app.open_async():
        held = app.configure_task("deliver", queue="held", allow_unknown=True)
        jobs: list[dict[str, JSONValue]] = [{"number": number} for number in range(count)]
        await held.batch_defer_async(*jobs)
    database = Database(url)
    go = text("UPDATE procrastinate_jobs SET queue_name = 'deliveries' WHERE queue_name = 'held'")
    left = text("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
    with carriers("procrastinate", "-", url, address, workers=workers):
        began = time.perf_counter()
        await database.write(go)
        await _until_none(database, left)
        taken = time.perf_counter() - began
    await database.close()
    return count / taken


async def _ours(post: Post, folder: Path, url: str, address: str, count: int, workers: int) -> float:
    drafts = [post.draft(number, key=f"w{workers}-{number}") for number in range(count)]
    for start in range(0, count, PORTION):
        await asyncio.gather(*(post.outbox.delivery.submit(each) for each in drafts[start : start + PORTION]))
    hold = text("UPDATE outbox SET due_at = due_at + 3600000000 WHERE state = 'ready'")
    await post.database.write(hold)
    go = text("UPDATE outbox SET due_at = 0 WHERE state = 'ready'")
    left = text("SELECT count(*) FROM outbox WHERE state = 'ready'")
    with carriers("obmin", str(folder), url, address, workers=workers):
        began = time.perf_counter()
        await post.database.write(go)
        await _until_none(post.database, left)
        taken = time.perf_counter() - began
    return count / taken


async def _until_none(database: Database, left: TextClause) -> None:
    while (await database.fetch(left))[0][0]:  # noqa: ASYNC110  other processes end it
        await asyncio.sleep(POLL)


@contextmanager
def carriers(*arguments: str, workers: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Give as many processes, each of which is ready for work."""
    command = [sys.executable, "-m", "tests.benchmarks.carriers", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(workers)]  # type: ignore[call-overload]
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


async def take(scope: Scope, receive: Receive, send: Send) -> None:
    """Take whatever comes, as quickly as can be."""
    more = scope["type"] == "http"
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def receiving() -> Iterator[str]:
    """Give the address of a receiver in a process of its own."""
    port = 18_437
    command = [sys.executable, "-m", "tests.benchmarks.delivery", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        _until_listening(port)
        yield f"http://127.0.0.1:{port}/in"
    finally:
        process.kill()
        process.wait()


def _until_listening(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)


async def _pending(post: Post, share: float) -> list[Figure]:
    """Compare submitting and claiming with nothing waiting and with a million: due, later, queued."""
    before = await _submitting(post), await _claiming(post)
    many = int(PENDING * share)
    await post.database.write(text(FILL), many=many, ref=post.subject_ref)
    await post.database.write(text("ANALYZE outbox"))
    after = await _submitting(post), await _claiming(post)
    plan = await post.database.fetch(text(PLAN))
    return [
        Figure("submission, nothing waits, median", f"{before[0]:.2f} ms"),
        Figure(f"submission, {many:,} wait, median", f"{after[0]:.2f} ms", f"≤ {before[0] * 1.5:.2f} ms"),
        Figure("a claim of 32, nothing else waits, median", f"{before[1]:.2f} ms"),
        Figure(f"a claim of 32, {many:,} wait, median", f"{after[1]:.2f} ms", f"≤ {before[1] * 1.5:.2f} ms"),
        *(Figure("plan of a claim", row[0]) for row in plan),
    ]


async def _submitting(post: Post) -> float:
    taken = []
    for number in range(50):
        began = time.perf_counter()
        await post.outbox.delivery.submit(post.draft(number, key=f"s{number}"))
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


async def _claiming(post: Post) -> float:
    claims, taken = Claims(post.database, timedelta(seconds=0)), []
    await post.hurry()
    for _ in range(30):
        began = time.perf_counter()
        leased = await claims.take({CLINIC: 32}, now())
        taken.append((time.perf_counter() - began) * 1000)
        assert len(leased) >= 32
    return median(taken)


FILL = """INSERT INTO outbox (id, type, agency, sender, official, key, subject_ref, purpose, covers, duty,
    priority, exchange_id, content, state, submitted_at, expires_at, due_at, attempts, lost, doubtful, code)
SELECT 'fill-' || n, 'obmin.fill', 'clinic', 'case-system', '', 'f' || n % 300000, :ref, 'p', '{}', '', 1,
    'e', 'x', CASE WHEN n < 300000 THEN 'ready' ELSE 'queued' END, n, 4102444800000000,
    CASE WHEN n % 2 = 0 THEN 4102444800000000 ELSE n END, 0, 0, 0, ''
FROM generate_series(0, CAST(:many AS int) - 1) AS n"""
PLAN = """EXPLAIN (COSTS OFF) SELECT seq FROM outbox
WHERE state = 'ready' AND agency = 'clinic' AND priority = 1 AND due_at <= 2000000000000000
ORDER BY due_at LIMIT 32 FOR UPDATE SKIP LOCKED"""


if __name__ == "__main__":
    uvicorn.run(take, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off")
