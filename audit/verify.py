"""Checks an exported record offline: no database, no network, no settings.

1. Open the head with the key given, with the policy's, or with the folder's own (the report says which).
2. Recompute every leaf, tile and root; compare every retained head with the entries' root at its size.
3. Read every entry: canonical, unchanged in spelling, in the order of time, a lawful story (`Story`).
4. Check the receipts that were handed in: the promise, and the entry at its index.
5. Look for files that belong to no tree of this size.

A long record is read in stretches by several processes. Each begins with the tree that the folder's own
tiles claim for its place, and with a story that knows nothing before it. The stretches are then put
together in order: one whose claimed beginning is not the proven end of the one before, that has a
problem, or whose story cannot be followed, is read again in order. So what is reported is what one
reader alone would have found. Memory holds a few stretches and the intents that are open.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path

from audit.apart import STRETCH, Apart, Order, stretches_of, walk_apart
from audit.checkpoint import Checkpoint
from audit.folder import Folder
from audit.note import NoteError, Verifier
from audit.policy import Policy
from audit.report import Report
from audit.story import Story
from audit.walk import Claims, Ground, Stretch, Walk

_MANY = 2
"""Processes or stretches from which reading apart is worth while."""

Progress = Callable[[int, int], None]
"""Told how many entries of how many are checked."""


def verify(
    folder: Path,
    receipts: Sequence[Mapping[str, object]] = (),
    vkey: str | None = None,
    skew: timedelta = timedelta(minutes=5),
    *,
    policy: Policy | None = None,
    processes: int | None = None,
    stretch: int = STRETCH,
    progress: Progress = lambda _done, _total: None,
) -> Report:
    """Give what is wrong with an exported log, nothing if it is whole.

    A receipt is a mapping with `origin`, `index`, `leaf_hash`, `promise` and `exchange_id`, as the
    answer carried them. `skew` is how far the clocks of gateways may lie apart. With a `policy`, some
    retained head must have its quorum of witnesses. Without `processes` there is one for each core; a
    `stretch` is what each reads at a time, a multiple of 256. Never raises for what the folder holds.
    """
    files = Folder(folder)
    report = Report(key_given=vkey is not None or bool(policy and policy.logs))
    try:
        note = files.text("checkpoint")
        verifier = _verifier(files, note, vkey, policy)
        head = Checkpoint.open(note, verifier)
    except (NoteError, OSError, ValueError) as error:
        report.add(getattr(error, "code", "unreadable"), where="checkpoint")
        return report
    report.origin, report.size = head.origin, head.size
    ground = Ground(files, verifier, head, policy, _sort_receipts(receipts, head, report))
    walk = Walk(ground, report, Story(skew))
    check = _Check(ground, report, walk, stretches_of(ground, report, stretch), progress)
    check.run(note, processes or os.cpu_count() or 1)
    return report


def _verifier(files: Folder, note: str, vkey: str | None, policy: Policy | None) -> Verifier:
    """Give the log's key: as brought, else the policy's for this origin, else the folder's own."""
    if vkey is not None:
        return Verifier.parse(vkey)
    if policy is not None and policy.logs:
        origin = note.partition("\n")[0]
        known = [each.verifier for each in policy.logs if each.verifier.name == origin]
        if not known:
            raise NoteError("log-not-in-policy")
        return known[0]
    return Verifier.parse(files.text("log.vkey"))


def _sort_receipts(receipts: Sequence[Mapping[str, object]], head: Checkpoint, report: Report) -> Claims:
    """Sort the receipts by index; those of another log or beyond this one are told at once."""
    claims: dict[int, list[Mapping[str, object]]] = {}
    for receipt in receipts:
        report.receipts += 1
        index = receipt.get("index")
        if type(index) is not int or index < 0:
            report.add("receipt-malformed")
        elif receipt.get("origin") != head.origin:
            report.add("receipt-of-another-log", index)
        elif index >= head.size:
            report.add("receipt-not-in-log", index)
        else:
            claims.setdefault(index, []).append(receipt)
    return claims


@dataclass(slots=True)
class _Check:
    """Puts the stretches together in order; `walk` is what one reader alone would have come to."""

    ground: Ground
    report: Report
    walk: Walk
    stretches: Iterator[Stretch]
    progress: Progress

    def run(self, note: str, processes: int) -> None:
        """Go through the log once."""
        size = self.ground.head.size
        for stretch, apart in self._read(processes):
            if apart is None or not self._follow(apart):
                self.walk.go(stretch)
            if self.walk.growth.size < stretch.end:
                break
            self.progress(stretch.end, size)
        deque(self.stretches, maxlen=0)  # where reading broke off: look at the heads that are left
        self.walk.finish()
        self._tell_open()
        self._judge_witnesses(note)
        for name in self.ground.files.strangers(size):
            self.report.add("unexpected-file", where=name)

    def _read(self, processes: int) -> Iterator[tuple[Stretch, Apart | None]]:
        """Give the stretches in order, each with what another process found in it, where one was asked."""
        first = list(islice(self.stretches, 2 * processes))
        if processes < _MANY or len(first) <= _MANY:
            yield from ((stretch, None) for stretch in chain(first, self.stretches))
            return
        order, ahead = (
            Order.of(self.ground, self.walk.story.skew),
            deque[tuple[Stretch, Future[Apart | None]]](),
        )
        with ProcessPoolExecutor(processes, multiprocessing.get_context("forkserver")) as pool:
            for stretch in first:
                ahead.append((stretch, pool.submit(walk_apart, order, stretch)))
            while ahead:
                stretch, walked = ahead.popleft()
                yield stretch, walked.result()
                for following in islice(self.stretches, 1):
                    ahead.append((following, pool.submit(walk_apart, order, following)))
            pool.shutdown(cancel_futures=True)

    def _follow(self, apart: Apart) -> bool:
        """Take over what was found in a stretch, if it began where we are and its story can be followed."""
        if self.walk.broken or self.walk.suspects or apart.begin != self.walk.growth.peaks:
            return False
        found = self.walk.story.follow(apart.story)
        if found is None:
            return False
        for index, what in found:
            self.report.add(what, index)
        self.report.take(apart.report)
        self.walk.growth = apart.growth
        self.walk.sound = max(self.walk.sound, apart.sound)
        return True

    def _tell_open(self) -> None:
        for intent, overdue in self.walk.story.open():
            self.report.add_open(intent)
            if overdue:
                self.report.add("intent-without-end", intent.index)

    def _judge_witnesses(self, note: str) -> None:
        """With a policy, say up to which entry witnesses have seen the log; none at all is a problem."""
        policy = self.ground.policy
        if policy is None:
            return
        if policy.met(note):
            self.report.witnessed = self.report.size
        elif not self.report.witnessed:
            self.report.add("no-quorum", where="checkpoint")
