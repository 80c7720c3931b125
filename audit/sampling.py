"""Random samples that nobody can steer and everybody can draw again.

Each entry has a rank that depends on the seed and its id alone. The sample of an agency is its
entries of lowest rank, so the same seed over the same entries gives the same sample, in one pass and
memory for the sample only. The plan is put on record before anything is drawn.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from audit.event import Json, Kind
from audit.query import Recorded

MOST = 1000
"""The largest sample of one agency."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn: `each` entries of every agency, of one kind, among the first `size` of the log."""

    seed: str
    each: int
    size: int
    kind: Kind = Kind.RELEASE

    def as_json(self) -> dict[str, Json]:
        """Give the plan as the record keeps it."""
        return {"seed": self.seed, "each": self.each, "size": self.size, "of": self.kind.value}


def rank(seed: str, event_id: str) -> int:
    """Give the place of an entry in the order of a seed: SHA-256(seed ‖ NUL ‖ id), as a number."""
    return int.from_bytes(sha256(f"{seed}\0{event_id}".encode()).digest())


@dataclass(slots=True)
class Sampler:
    """Draws a plan's sample from entries as they pass."""

    plan: Plan
    _drawn: dict[str, list[tuple[int, int, Recorded]]] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> None:
        """Take note of one entry; other kinds, and entries beyond the plan, are passed over."""
        event = recorded.event
        if event.kind is not self.plan.kind or recorded.index >= self.plan.size:
            return
        heap = self._drawn.setdefault(event.agency, [])
        # A heap has its least in front: ranks are negated so that the highest is dropped.
        entry = (-rank(self.plan.seed, event.id), recorded.index, recorded)
        if len(heap) < self.plan.each:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)

    def drawn(self) -> Mapping[str, list[Recorded]]:
        """Give each agency's sample, in the log's order."""
        return {
            agency: sorted((each for _, _, each in heap), key=lambda each: each.index)
            for agency, heap in sorted(self._drawn.items())
        }
