"""Which dead letters: by receiver, type, reason, age, or one by one; and what would become of each now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self

import orjson
from sqlalchemy import ColumnElement

from contracts.vocabulary import ObminError
from gateway.exchange import code_of
from gateway.outbox.dispatching import Dispatching
from gateway.outbox.letters import Letters
from gateway.outbox.message import LETTERS, Message, State
from gateway.outbox.rows import spelt
from gateway.outbox.weighing import Weighing
from gateway.storage.engine import micros
from gateway.storage.outbox_tables import outbox

MOST = 10_000
"""Messages in one selection: more are replayed in several."""
PORTION = 100
IS_LETTER = outbox.c.state.in_([spelt(State.DEAD), spelt(State.UNKNOWN)])


class Fate(StrEnum):
    """What would become of a message if it were replayed now."""

    SEND = "send"
    CHANGE = "change"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is left empty does not narrow. `ids` may name what is no dead letter: that is skipped."""

    agency: str = ""
    sender: str = ""
    type: str = ""
    code: str = ""
    before: int = 0
    ids: tuple[str, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give it as conditions on the table."""
        equal = ("agency", "sender", "type", "code")
        wanted = [outbox.c[name] == getattr(self, name) for name in equal if getattr(self, name)]
        if self.before:
            wanted.append(outbox.c.settled_at < self.before)
        return [*wanted, outbox.c.id.in_(self.ids)] if self.ids else [*wanted, IS_LETTER]

    def dump(self) -> str:
        """Write it; `load` reads it back."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def load(cls, text: str) -> Self:
        """Read it back."""
        members: dict[str, Any] = orjson.loads(text)
        return cls(**{**members, "ids": tuple(members["ids"])})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay would do. `token` names exactly this: a replay starts from what somebody has seen."""

    fates: Mapping[Fate, int]
    reasons: Mapping[str, int]
    token: str
    messages: Sequence[tuple[Message, Fate, str]] = field(default=(), repr=False)


class Previews:
    """Looks at dead letters with today's contracts and consents; changes nothing."""

    def __init__(self, letters: Letters, weighing: Weighing, dispatching: Dispatching) -> None:
        self._letters = letters
        self._weighing = weighing
        self._dispatching = dispatching

    async def of(self, selection: Selection, at: datetime) -> Preview:
        """Weigh every message of a selection as an attempt would be, `MOST` of them."""
        found = await self._letters.where(*selection.conditions(), limit=MOST)
        judged: list[tuple[Message, Fate, str]] = []
        for start in range(0, len(found), PORTION):
            judged += await self.judge(found[start : start + PORTION], at)
            await asyncio.sleep(0)  # other work goes on
        said = "\n".join(f"{message.id} {fate} {reason}" for message, fate, reason in judged)
        return Preview(
            fates={fate: sum(each is fate for _, each, _ in judged) for fate in Fate},
            reasons=Counter(reason for _, fate, reason in judged if reason and fate is not Fate.SEND),
            token=sha256(f"{selection.dump()}\n{said}".encode()).hexdigest(),
            messages=judged,
        )

    async def judge(self, messages: Sequence[Message], at: datetime) -> list[tuple[Message, Fate, str]]:
        """Say of each message what would become of it, and why."""
        letters = [message for message in messages if message.state in LETTERS]
        standings = await self._weighing.standings(letters)
        judged: list[tuple[Message, Fate, str]] = []
        for message in messages:
            if message.state not in LETTERS:
                judged.append((message, Fate.SKIP, message.state.value))
                continue
            try:
                self._dispatching.key_of(message.agency)
                authority = self._weighing.attempt(message, standings.get(message.seq))
            except ObminError as error:
                judged.append((message, Fate.REFUSE, code_of(error)))
                continue
            judged.append((message, *_changed(message, authority.contract, at)))
        return judged


def _changed(message: Message, contract: str, at: datetime) -> tuple[Fate, str]:
    if contract != message.contract:
        return Fate.CHANGE, "contract-changed"
    return (Fate.CHANGE, "expiry-extended") if message.expires_at <= at else (Fate.SEND, "")


def before_of(at: datetime | None) -> int:
    """Give the instant before which a letter must have died, as a selection keeps it."""
    return micros(at) if at else 0
