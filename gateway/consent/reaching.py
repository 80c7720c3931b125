"""How a person is reached: a channel that a deployment chooses. Here: a message as a file."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import orjson

from contracts.vocabulary import SubjectRef


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is told: who asks, where to answer and until when, and the code that shows it is she."""

    id: str
    to: SubjectRef
    language: str
    asks: str
    link: str
    code: str
    until: datetime

    def __repr__(self) -> str:
        return f"Message({self.id})"


class Channel(Protocol):
    """Carries a message to one person. A channel that fails says so; it never raises."""

    async def reach(self, message: Message) -> bool:
        """Say whether the message is on its way."""


class NoChannel:
    """The deployment has no channel: people answer in their portal."""

    async def reach(self, message: Message) -> bool:
        """See `Channel.reach`."""
        del message
        return False


class FolderChannel:
    """Leaves each message as a file that its owner alone may read, for whatever delivers it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def reach(self, message: Message) -> bool:
        """See `Channel.reach`."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError:
            return False
        return True

    def _write(self, message: Message) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"consent-request-{message.id}.json"
        content = {
            "kind": "consent-request",
            "to": message.to,
            "language": message.language,
            "asks": message.asks,
            "link": message.link,
            "code": message.code,
            "until": message.until,
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z))
