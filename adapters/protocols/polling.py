"""Ask-then-poll over any protocol: a ticket for the question, and the answer when it is ready."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from adapters.base import Question, SourceMisbehavedError, SubjectUnknownError
from adapters.protocols.finding import Said, dig
from adapters.protocols.reading import readable
from adapters.protocols.switches import Polling
from contracts.vocabulary import Source

SPARE: Final = 0.1
"""Seconds before the deadline at which a ticket that is not ready is told as pending."""

Poll = Callable[[str, str], Awaitable[Said]]
"""Ask once for a ticket's answer; the second text is the message id, new with each poll."""


def read_ticket(source: Source, polling: Polling, said: Said) -> str:
    """Give the ticket that the registry handed out. Raises `SourceMisbehavedError` (`unreadable`)."""
    with readable(source):
        ticket = dig(said.answer, polling.ticket)
        if ticket is None or ticket == "":
            raise ValueError("no-ticket")
        return str(ticket)


async def poll_until_ready(
    source: Source, polling: Polling, ticket: str, question: Question, poll: Poll
) -> Said | None:
    """Poll until the answer is there; give None when the next poll could not return by the deadline.

    They have the question: that a poll is slow takes nothing back of it, and is told in time.
    """
    pause = polling.first_ms / 1000
    with suppress(TimeoutError):
        async with asyncio.timeout_at(question.deadline - SPARE):
            for turn in range(1, 10_000):
                await asyncio.sleep(pause)
                pause = polling.interval_ms / 1000
                said = await poll(ticket, str(uuid.uuid5(uuid.UUID(question.message_id), f"poll-{turn}")))
                if _is_ready(source, polling, said):
                    return said
    return None


def _is_ready(source: Source, polling: Polling, said: Said) -> bool:
    with readable(source):
        state = str(dig(said.answer, polling.state))
    if state in polling.ready:
        return True
    if state in polling.nobody:
        raise SubjectUnknownError(source, "not-found")
    if state in polling.waiting:
        return False
    raise SourceMisbehavedError(source, "unreadable")
