"""The provider's side of ask-then-poll, for simulators: a ticket for the question, the answer later."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from adapters.protocols.serving import Register, Scope
from adapters.protocols.xroad_serving import FaultError, to_xml

TICKETS: Final = 10_000
"""Open tickets kept; the oldest lapses when there are more."""

NEVER: Final = 1_000_000


class TicketDesk:
    """Two operations of an `XRoadProvider`: `submit` and `collect`. `polls` is how often it is still working.

    `ticket` names the element; `taken`, `waiting` and `nobody` are what it says beside a ticket, in place of
    an answer, and of somebody unknown. `spent` is said of a ticket whose answer was fetched before; without
    it such a ticket is as good as none.
    """

    def __init__(
        self,
        samples: Path,
        found_by: Callable[[Mapping[str, Any]], Iterable[str]],
        render: Callable[[Sequence[Any]], bytes],
        *,
        taken: bytes,
        waiting: bytes,
        nobody: bytes,
        spent: bytes = b"",
        ticket: str = "ticket",
        polls: int = 1,
    ) -> None:
        self._register = Register(samples, found_by, render)
        self._found_by = found_by
        self._taken, self._waiting, self._nobody, self._spent = taken, waiting, nobody, spent
        self._ticket = ticket
        self._polls = polls
        self._open: OrderedDict[str, tuple[bytes, int]] = OrderedDict()
        records = json.loads(samples.read_text(encoding="utf-8")).values()
        self._stuck = {
            key for record in records if record.get("never_ready") for key in found_by(record["said"])
        }

    def submit(self, asked: Mapping[str, str], scope: Scope) -> bytes:
        """Take a question, give a ticket."""
        keys = list(self._found_by(asked))
        if not keys:
            raise FaultError("client.invalid_body")
        answer = self._register.find(keys, scope) or self._nobody
        ticket = str(uuid4())
        self._open[ticket] = (answer, NEVER if self._stuck.intersection(keys) else self._polls)
        if len(self._open) > TICKETS:
            self._open.popitem(last=False)
        return to_xml(self._ticket, ticket) + self._taken

    def collect(self, asked: Mapping[str, str], _: Scope) -> bytes:
        """Give the answer to a ticket, or say that it is still worked on."""
        ticket = asked.get(self._ticket, "")
        if ticket not in self._open:
            raise FaultError("client.invalid_body")
        answer, polls = self._open[ticket]
        if polls == 0:
            self._close(ticket)
            return answer
        self._open[ticket] = (answer, polls - 1)
        return self._waiting

    def _close(self, ticket: str) -> None:
        if self._spent:
            self._open[ticket] = (self._spent, 0)
        else:
            del self._open[ticket]
