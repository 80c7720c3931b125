"""A message on its way: submitted once, sent until it arrives, in order, and on record at every step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.delivering import Post, open_post


@pytest.fixture
async def post(database_of: str, tmp_path: Path) -> AsyncIterator[Post]:
    """Give a post office."""
    url = database_of or f"sqlite+aiosqlite:///{tmp_path}/obmin.db"
    async with open_post(tmp_path, url) as opened:
        yield opened


async def test_a_message_arrives_and_every_step_is_on_record(post: Post) -> None:
    """What was submitted is opened by the receiver alone; intent, attempt and arrival are entries."""
    message = await post.outbox.delivery.submit(post.draft(7))
    await post.work()

    assert post.inbox.opened == [{"number": 7}]
    assert post.inbox.ids == [message.id]
    assert await post.story() == [("filed", ""), ("intended", ""), ("sent", ""), ("delivered", "")]
    assert await post.states() == ["delivered"]
