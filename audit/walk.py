"""Goes through a stretch of an exported record in order: leaves, tiles, heads, stories, receipts.

A walk begins with a tree and a story, and leaves them as they are at its end. Where a leaf differs
from its tile, the next signed head tells which of the two was changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from audit import promise
from audit.checkpoint import Checkpoint
from audit.event import EventError, Kind
from audit.folder import Folder
from audit.glance import Glances, Line
from audit.merkle import SIZE, leaf_hash
from audit.note import NoteError, Verifier, unbase64
from audit.policy import Policy
from audit.report import Report
from audit.story import Story
from audit.tiles import WIDTH, Growth, Subtree, bundle_path, hashes, tile_path, unbundle

Claims = Mapping[int, Sequence[Mapping[str, object]]]
"""The receipts that were handed in, by the index that they name."""

_MOST_SUSPECTS = 100
_PROMISED = frozenset({Kind.RELEASE, Kind.PUSH})
"""What a receipt can be for."""


@dataclass(frozen=True, slots=True)
class Head:
    """A retained head: its size as its note says, and the note, of which nothing is checked yet."""

    size: int
    note: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some entries, and the retained heads that end within them."""

    start: int
    end: int
    heads: tuple[Head, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """What every walk through one record stands on."""

    files: Folder
    verifier: Verifier
    head: Checkpoint
    policy: Policy | None = None
    claims: Claims = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """One walk. `sound` is how many entries the last head that fitted covers.

    `suspects` are the leaves since then that differ from their tile, `odd` the tiles above that differ
    from the leaves; both empty and nothing reported, the stretch is clean.
    """

    ground: Ground
    report: Report
    story: Story
    growth: Growth = field(default_factory=Growth)
    glances: Glances = field(default_factory=Glances)
    suspects: list[int] = field(default_factory=list)
    odd: list[tuple[int, str]] = field(default_factory=list)
    sound: int = 0
    broken: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing was found, and nothing is left to be told by a later head."""
        return self.report.ok and not self.suspects and not self.odd and not self.broken

    def go(self, stretch: Stretch) -> None:
        """Go on to the end of a stretch (a multiple of 256, or the log's); stop where entries are lost."""
        heads = self._opened(stretch.heads)
        head = next(heads, None)
        while self.growth.size < stretch.end:
            start = self.growth.size
            width = min(WIDTH, stretch.end - start)
            listed = self._bundle(start, width)
            leaves = [leaf_hash(entry) for entry in listed]
            self._compare_leaves(start, width, leaves)
            subtree = Subtree.over(b"".join(leaves))
            while head is not None and head.size <= start + len(listed):
                root = self.growth.root_with(subtree, head.size - start)
                self._compare_root(head, root, f"head {head.size}")
                head = next(heads, None)
            self._listen(start, listed, leaves)
            if len(listed) < width:
                self.broken = True
                break
            self._grow(subtree, leaves)
        if self.broken:
            self._blame_entries()

    def finish(self) -> None:
        """Compare what only the end of the log can tell: the last tiles and the newest root."""
        if self.growth.size == self.ground.head.size:
            self._compare_tiles(self.growth.partial())
            self._compare_root(self.ground.head, self.growth.root(), "checkpoint")

    def _opened(self, heads: Sequence[Head]) -> Iterator[Checkpoint]:
        """Open retained heads; only those that are signed can be compared."""
        for head in heads:
            try:
                opened = Checkpoint.open(head.note, self.ground.verifier)
            except NoteError as error:
                self.report.add(error.code, where=f"head {head.size}")
                continue
            self.report.checkpoints += 1
            if self.ground.policy is not None and self.ground.policy.met(head.note):
                self.report.witnessed = max(self.report.witnessed, opened.size)
            yield opened

    def _bundle(self, start: int, width: int) -> list[bytes]:
        path = bundle_path(start // WIDTH, width)
        try:
            listed = unbundle(self.ground.files.read(path))
        except (OSError, ValueError):
            self.report.add("entries-unreadable", start, path)
            return []
        if len(listed) != width:
            self.report.add("entries-too-few" if len(listed) < width else "entries-too-many", start, path)
        return listed[:width]

    def _compare_leaves(self, start: int, width: int, leaves: Sequence[bytes]) -> None:
        path = tile_path(0, start // WIDTH, width)
        try:
            tile = self.ground.files.read(path)
        except (OSError, ValueError):
            tile = b""
        if tile == b"".join(leaves):
            return
        if len(tile) > width * SIZE:
            self.odd.append((start, path))
        claimed = hashes(tile)
        for offset, leaf in enumerate(leaves):
            if len(self.suspects) < _MOST_SUSPECTS and claimed[offset : offset + 1] != [leaf]:
                self.suspects.append(start + offset)

    def _grow(self, subtree: Subtree, leaves: Sequence[bytes]) -> None:
        if len(leaves) == WIDTH:
            self.growth.append_tile(subtree)
        else:
            for leaf in leaves:
                self.growth.append(leaf)
        self._compare_tiles(self.growth.fresh)
        self.growth.fresh.clear()

    def _compare_tiles(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Compare the tiles above the leaves; the leaves themselves are compared one by one."""
        for (level, index), tile in tiles.items():
            path = tile_path(level, index, len(tile) // SIZE)
            if level and self._differs(path, tile):
                self.odd.append((index * WIDTH ** (level + 1), path))

    def _differs(self, path: str, tile: bytes) -> bool:
        try:
            return self.ground.files.read(path) != tile
        except (OSError, ValueError):
            return True

    def _listen(self, start: int, listed: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        read, hear, claims = self.glances.read, self.story.hear, self.ground.claims
        kinds: list[Kind] = []
        for index, entry in enumerate(listed, start):
            try:
                line = read(entry)
            except EventError as error:
                self.report.add(error.code, index)
                continue
            kinds.append(line.kind)
            for what in hear(index, line):
                self.report.add(what, index)
            for claim in claims.get(index, ()) if claims else ():
                if what := self._claim(claim, line, leaves[index - start]):
                    self.report.add(what, index)
        for kind, count in Counter(kinds).items():
            self.report.count(kind.value, count)

    def _compare_root(self, signed: Checkpoint, root: bytes, name: str) -> None:
        """Compare a signed root with the entries'; it tells whether suspects or their tiles were changed."""
        if self.broken:
            self._blame_entries()
        elif root == signed.root:
            self._blame_tiles(signed.size)
        else:
            self.broken = True
            if not any(index < signed.size for index in self.suspects):
                self.report.add("entries-differ-from-signed", self.sound, name)
            self._blame_entries()

    def _blame_tiles(self, size: int) -> None:
        """Tell of the tiles that differ from entries which a head has just shown to be right."""
        for index in (index for index in self.suspects if index < size):
            self.report.add("tile-differs", index, tile_path(0, index // WIDTH))
        for index, path in self.odd:
            self.report.add("tile-differs", index, path)
        self.suspects = [index for index in self.suspects if index >= size]
        self.odd, self.sound = [], size

    def _blame_entries(self) -> None:
        for index in self.suspects:
            self.report.add("entry-differs", index, bundle_path(index // WIDTH))
        self.suspects, self.odd = [], []

    def _claim(self, claim: Mapping[str, object], line: Line, leaf: bytes) -> str:
        """Say what is wrong with a receipt for this entry, nothing if it holds."""
        exchange_id, given, promised = (claim.get(name) for name in ("exchange_id", "leaf_hash", "promise"))
        if not (isinstance(exchange_id, str) and isinstance(given, str) and isinstance(promised, str)):
            return "receipt-malformed"
        try:
            claimed = unbase64(given)
        except NoteError:
            return "receipt-malformed"
        if not promise.holds(self.ground.verifier, exchange_id, claimed, promised):
            return "receipt-not-signed"
        if claimed != leaf:
            return "receipt-for-another-entry"
        if line.kind not in _PROMISED or line.event().exchange_id != exchange_id:
            return "receipt-for-another-exchange"
        return ""
