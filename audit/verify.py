"""Checks an exported record offline: no database, no network, no settings.

The recipe, in one pass over the entries with memory that does not grow with the log:

1. Open the head with the key given, or with the folder's own (which the report then says).
2. Recompute every leaf, tile and root. Where a leaf differs from its tile, the next signed head
   tells which of the two was changed.
3. Open every retained head and compare its root with the entries'.
4. Read every entry: canonical, unchanged in spelling, in the order of time, a lawful story (`Story`).
5. Check the receipts that were handed in: the promise, and the entry at its index.
6. Look for files that belong to no tree of this size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from audit import promise
from audit.checkpoint import Checkpoint
from audit.event import Event, EventError, Kind
from audit.folder import Folder
from audit.merkle import leaf_hash
from audit.note import NoteError, Verifier, unbase64
from audit.report import Report
from audit.story import Story
from audit.tiles import WIDTH, Growth, Key, bundle_path, hashes, tile_path, unbundle

_MOST_SUSPECTS = 100


def verify(
    folder: Path,
    receipts: Sequence[Mapping[str, object]] = (),
    vkey: str | None = None,
    skew: timedelta = timedelta(minutes=5),
) -> Report:
    """Give what is wrong with an exported log, nothing if it is whole.

    A receipt is a mapping with `origin`, `index`, `leaf_hash`, `promise` and `exchange_id`, as the
    answer carried them. `skew` is how far the clocks of gateways may lie apart. Never raises for
    what the folder holds.
    """
    files, report = Folder(folder), Report(key_given=vkey is not None)
    try:
        verifier = Verifier.parse(vkey if vkey is not None else files.text("log.vkey"))
        head = Checkpoint.open(files.text("checkpoint"), verifier)
    except (NoteError, OSError, ValueError) as error:
        report.add(getattr(error, "code", "unreadable"), where="checkpoint")
        return report
    report.origin, report.size = head.origin, head.size
    check = _Check(files, verifier, head, report, Story(skew))
    check.take_receipts(receipts)
    check.walk()
    return report


@dataclass(slots=True)
class _Check:
    """One walk through a folder.

    `sound` is how many entries the last head that fitted covers; `suspects` are the leaves since
    then that differ from their tile, `odd` the tiles above that differ from the leaves.
    """

    files: Folder
    verifier: Verifier
    head: Checkpoint
    report: Report
    story: Story
    growth: Growth = field(default_factory=Growth)
    claims: dict[int, list[Mapping[str, object]]] = field(default_factory=dict)
    suspects: list[int] = field(default_factory=list)
    odd: list[tuple[int, str]] = field(default_factory=list)
    sound: int = 0
    broken: bool = False

    def take_receipts(self, receipts: Sequence[Mapping[str, object]]) -> None:
        """Sort the receipts by index; those of another log or beyond this one are told at once."""
        for receipt in receipts:
            self.report.receipts += 1
            index = receipt.get("index")
            if type(index) is not int or index < 0:
                self.report.add("receipt-malformed")
            elif receipt.get("origin") != self.head.origin:
                self.report.add("receipt-of-another-log", index)
            elif index >= self.head.size:
                self.report.add("receipt-not-in-log", index)
            else:
                self.claims.setdefault(index, []).append(receipt)

    def walk(self) -> None:
        """Go through the log once."""
        sizes = self.files.retained()
        ahead = 0
        for index, entry, expected in self._entries():
            while ahead < len(sizes) and sizes[ahead] <= index:
                self._open_head(sizes[ahead])
                ahead += 1
            self._take(index, entry, expected)
        if self.growth.size == self.head.size:
            self._compare_tiles(self.growth.partial())
        for size in sizes[ahead:]:
            self._open_head(size)
        self._compare_root(self.head, "checkpoint")
        self._tell_open()
        for name in self.files.strangers(self.head.size):
            self.report.add("unexpected-file", where=name)

    def _entries(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Give each entry with its index and the leaf hash that its tile has."""
        for start in range(0, self.head.size, WIDTH):
            width = min(WIDTH, self.head.size - start)
            listed, leaves = self._bundle(start, width), self._leaves(start, width)
            for offset, entry in enumerate(listed):
                yield start + offset, entry, leaves[offset]
            if len(listed) < width:
                return

    def _bundle(self, start: int, width: int) -> list[bytes]:
        path = bundle_path(start // WIDTH, width)
        try:
            listed = unbundle(self.files.read(path))
        except (OSError, ValueError):
            self.report.add("entries-unreadable", start, path)
            return []
        if len(listed) != width:
            self.report.add("entries-too-few" if len(listed) < width else "entries-too-many", start, path)
        return listed[:width]

    def _leaves(self, start: int, width: int) -> list[bytes]:
        """Give a tile's hashes; where some are missing, hashes that fit nothing."""
        path = tile_path(0, start // WIDTH, width)
        try:
            leaves = hashes(self.files.read(path))
        except (OSError, ValueError):
            leaves = []
        if len(leaves) > width:
            self.odd.append((start, path))
        return (leaves + [b""] * width)[:width]

    def _take(self, index: int, entry: bytes, expected: bytes) -> None:
        leaf = leaf_hash(entry)
        if leaf != expected and len(self.suspects) < _MOST_SUSPECTS:
            self.suspects.append(index)
        self.growth.append(leaf)
        if self.growth.fresh:
            self._compare_tiles(self.growth.fresh)
            self.growth.fresh.clear()
        try:
            event = Event.parse(entry)
        except EventError as error:
            self.report.add(error.code, index)
            return
        self.report.kinds[event.kind.value] = self.report.kinds.get(event.kind.value, 0) + 1
        for what in self.story.hear(index, event):
            self.report.add(what, index)
        for claim in self.claims.get(index, ()):
            if what := self._claim(claim, event, leaf):
                self.report.add(what, index)

    def _compare_tiles(self, tiles: Mapping[Key, bytes]) -> None:
        """Compare the tiles above the leaves; the leaves themselves are compared one by one."""
        for (level, index), tile in tiles.items():
            path = tile_path(level, index, len(hashes(tile)))
            if level and self._differs(path, tile):
                self.odd.append((index * WIDTH ** (level + 1), path))

    def _differs(self, path: str, tile: bytes) -> bool:
        try:
            return self.files.read(path) != tile
        except (OSError, ValueError):
            return True

    def _open_head(self, size: int) -> None:
        """Open a retained head and compare it; one larger than the newest head tells of a rollback."""
        name = f"checkpoints/{size}"
        if size > self.head.size:
            self.report.add("head-older-than-retained", self.head.size, name)
            return
        try:
            retained = Checkpoint.open(self.files.text(name), self.verifier)
        except (NoteError, OSError, ValueError) as error:
            self.report.add(getattr(error, "code", "unreadable"), where=name)
            return
        self.report.checkpoints += 1
        if retained.size != size:
            self.report.add("checkpoint-misnamed", where=name)
        else:
            self._compare_root(retained, name)

    def _compare_root(self, signed: Checkpoint, name: str) -> None:
        """Compare a signed root with the entries'; it tells whether suspects or their tiles were changed."""
        if self.growth.size != signed.size or self.broken:
            self._blame_entries()
        elif self.growth.root() == signed.root:
            self._blame_tiles(signed.size)
        else:
            self.broken = True
            if not self.suspects:
                self.report.add("entries-differ-from-signed", self.sound, name)
            self._blame_entries()

    def _blame_tiles(self, size: int) -> None:
        for index in self.suspects:
            self.report.add("tile-differs", index, tile_path(0, index // WIDTH))
        for index, path in self.odd:
            self.report.add("tile-differs", index, path)
        self.suspects, self.odd, self.sound = [], [], size

    def _blame_entries(self) -> None:
        for index in self.suspects:
            self.report.add("entry-differs", index, bundle_path(index // WIDTH))
        self.suspects, self.odd = [], []

    def _claim(self, claim: Mapping[str, object], event: Event, leaf: bytes) -> str:
        """Say what is wrong with a receipt for this entry, nothing if it holds."""
        exchange_id, given, promised = (claim.get(name) for name in ("exchange_id", "leaf_hash", "promise"))
        if not (isinstance(exchange_id, str) and isinstance(given, str) and isinstance(promised, str)):
            return "receipt-malformed"
        try:
            claimed = unbase64(given)
        except NoteError:
            return "receipt-malformed"
        if not promise.holds(self.verifier, exchange_id, claimed, promised):
            return "receipt-not-signed"
        if claimed != leaf:
            return "receipt-for-another-entry"
        if event.kind is not Kind.RELEASE or event.exchange_id != exchange_id:
            return "receipt-for-another-exchange"
        return ""

    def _tell_open(self) -> None:
        for intent, overdue in self.story.open():
            self.report.add_open(intent)
            if overdue:
                self.report.add("intent-without-end", intent.index)
