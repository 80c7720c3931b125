"""A worker killed at each step of an attempt: what waits is taken over, and each message counts once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.delivering import Post, open_post

FULL = os.environ.get("OBMIN_FAULTS") == "full"
RUNS = 50 if FULL else 1
MESSAGES = 3
SKIPS = [(run * 5 + 2) % 6 for run in range(RUNS)]
STEPS = {
    "CLAIM UPDATE outbox": 1,
    "UPDATE audit_head": 6,
    "UPDATE outbox": 6,
    "INSERT INTO audit_entries": 6,
    "COMMIT": 6,
    "CALL": 3,
}
"""Each statement of an attempt, and how many of its kind delivering takes at least: one of them is meant."""
ALL = [(statement, when) for statement in STEPS for when in ("before", "after")]
CASES = ALL if FULL else [("COMMIT", "before"), ("CALL", "after")]


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Post, Path, str]]:
    """Give a post office, its folder and the URL of its database."""
    sqlite = f"sqlite+aiosqlite:///{tmp_path}/obmin.db"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    async with open_post(tmp_path, url) as opened:
        opened.addresses.known = dict(opened.addresses.all)
        yield opened, tmp_path, url


async def run_until_killed(post: Post, folder: Path, url: str, *step: str) -> None:
    """Let a worker in a process of its own deliver until it dies."""
    (endpoint,) = post.addresses.all.values()
    command = ["-m", "tests.faults.carrying", str(folder), url, endpoint.address, *step]
    victim = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(victim.communicate(), 60)
    assert victim.returncode == -signal.SIGKILL, said.decode()[-2000:]


def firsts(ids: list[str]) -> list[str]:
    """Give each id once, where it came first: what a receiver that knows repetitions keeps."""
    return list(dict.fromkeys(ids))


@pytest.mark.parametrize("skip", SKIPS)
@pytest.mark.parametrize(("statement", "when"), CASES)
async def test_a_killed_worker_is_taken_over_from(
    place: tuple[Post, Path, str], statement: str, when: str, skip: int
) -> None:
    """After the kill all arrive, in order, each counting once; at most one of them came twice."""
    post, folder, url = place
    sent = [await post.outbox.delivery.submit(post.draft(number)) for number in range(MESSAGES)]
    await run_until_killed(post, folder, url, statement, when, str(skip % STEPS[statement]))
    await post.hurry()
    await post.work(2 * MESSAGES)
    results = [result for result, _ in await post.story()]

    assert firsts(post.inbox.ids) == [message.id for message in sent]
    assert len(post.inbox.ids) <= MESSAGES + 1
    assert await post.states() == ["delivered"] * MESSAGES
    assert results.count("delivered") == MESSAGES
    assert results.count("sent") >= len(post.inbox.ids)
