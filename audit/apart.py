"""A long record cut into stretches, and the walk through one of them in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from audit.checkpoint import Checkpoint
from audit.folder import Folder, unbundle_heads
from audit.note import Verifier
from audit.policy import Policy
from audit.report import Report
from audit.story import Story
from audit.tiles import WIDTH, Growth
from audit.walk import Ground, Head, Stretch, Walk

STRETCH = 64 * WIDTH
"""Entries read at a time."""

_SIZE = re.compile(r"[^\n]+\n(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Order:
    """What a process must be told about the record; keys and policy as text, which travels."""

    folder: Path
    vkey: str
    head: Checkpoint
    policy: str | None
    claims: Mapping[int, Sequence[Mapping[str, object]]]
    skew: timedelta

    @classmethod
    def of(cls, ground: Ground, skew: timedelta) -> Self:
        """Give the order to walk on this ground."""
        policy = ground.policy.text if ground.policy is not None else None
        return cls(ground.files.path, str(ground.verifier), ground.head, policy, ground.claims, skew)


@dataclass(frozen=True, slots=True)
class Apart:
    """A stretch in which nothing was found: the tree it began with, and how tree and story go on."""

    begin: list[bytes]
    growth: Growth
    report: Report
    story: Story
    sound: int


def walk_apart(order: Order, stretch: Stretch) -> Apart | None:
    """Walk through a stretch from the tree that the folder's tiles claim; None where it is not clean."""
    files, policy = Folder(order.folder), Policy.parse(order.policy) if order.policy is not None else None
    ground = Ground(files, Verifier.parse(order.vkey), order.head, policy, order.claims)
    try:
        growth = files.claimed(stretch.start, order.head.size)
    except (KeyError, OSError, ValueError):
        return None
    begin = growth.peaks.copy()
    walk = Walk(ground, Report(), Story(order.skew, apart=True), growth)
    walk.go(stretch)
    if not walk.clean or growth.size < stretch.end:
        return None
    return Apart(begin, growth, walk.report, walk.story, walk.sound)


def stretches_of(ground: Ground, report: Report, length: int) -> Iterator[Stretch]:
    """Cut the record into stretches of `length`, each with the retained heads that lie in it.

    Heads that cannot be told a size, that are out of order, or that are larger than the newest one (which
    tells of a rollback) are reported.
    """
    size, heads = ground.head.size, _heads(ground.files, report)
    waiting = next(heads, None)
    for start in range(0, max(size, 1), length):
        end = min(start + length, size)
        mine: list[Head] = []
        while waiting is not None and waiting.size <= end:
            mine.append(waiting)
            waiting = next(heads, None)
        yield Stretch(start, end, tuple(mine))
    while waiting is not None:
        report.add("head-older-than-retained", size, f"head {waiting.size}")
        waiting = next(heads, None)


def _heads(files: Folder, report: Report) -> Iterator[Head]:
    last = -1
    for name in files.heads():
        try:
            notes = unbundle_heads(files.text(name))
        except (OSError, ValueError):
            report.add("heads-unreadable", where=name)
            continue
        for note in notes:
            match = _SIZE.match(note)
            if match is None:
                report.add("malformed-note", where=name)
            elif int(match[1]) <= last:
                report.add("heads-out-of-order", where=name)
            else:
                last = int(match[1])
                yield Head(last, note)
