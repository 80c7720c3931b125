"""The tree and the entries as immutable files (C2SP tlog-tiles): paths, tiles, entry bundles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from audit.merkle import SIZE, Tip, node_hash, root_of

WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""

_HEIGHT = 8
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")

Key = tuple[int, int]
"""A tile's level and index."""


def heads_path(index: int, width: int = WIDTH) -> str:
    """Give where a bundle of retained heads lies in an exported folder (not part of tlog-tiles)."""
    return f"checkpoints/{_numbered(index, width)}"


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Give where a tile lies below the log's prefix: `tile/0/x001/067`, `tile/1/000.p/17`."""
    return f"tile/{level}/{_numbered(index, width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Give where a bundle of entries lies below the log's prefix."""
    return f"tile/entries/{_numbered(index, width)}"


def _numbered(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def parse_path(path: str) -> tuple[int | None, int, int]:
    """Give level (None for entries), index and width; a path spelled otherwise is a `ValueError`."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError("not-a-tile-path")
    level = None if match[1] == "entries" else int(match[1])
    index, width = int(match[2].replace("/", "").replace("x", "")), int(match[3] or WIDTH)
    spelled = bundle_path(index, width) if level is None else tile_path(level, index, width)
    if spelled != path or width > WIDTH or (match[3] and width == WIDTH):
        raise ValueError("not-a-tile-path")
    return level, index, width


def layout(size: int) -> Iterator[tuple[int, int, int]]:
    """Give level, index and width of every tile of a tree, level by level; entries lie as level 0 does."""
    level = 0
    while count := size >> (_HEIGHT * level):
        full, width = divmod(count, WIDTH)
        yield from ((level, index, WIDTH) for index in range(full))
        if width:
            yield level, full, width
        level += 1


def bundle(entries: Iterable[bytes]) -> bytes:
    """Give entries as one bundle, each behind its length (uint16, big-endian)."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(content: bytes) -> list[bytes]:
    """Give the entries of a bundle; one that ends in the middle of an entry is a `ValueError`."""
    entries: list[bytes] = []
    start, whole = 0, len(content)
    while start + 2 <= whole:
        end = start + 2 + (content[start] << 8 | content[start + 1])
        entries.append(content[start + 2 : end])
        start = end
    if start != whole:
        raise ValueError("torn-bundle")
    return entries


def hashes(tile: bytes) -> list[bytes]:
    """Give a tile's hashes."""
    return [tile[start : start + SIZE] for start in range(0, len(tile), SIZE)]


@dataclass(frozen=True, slots=True)
class Subtree:
    """A tile of leaves with every node above them, level by level: what many roots are made of at once."""

    levels: tuple[bytes, ...]

    @classmethod
    def over(cls, leaves: bytes) -> Subtree:
        """Hash upwards from up to 256 leaf hashes; a level has the nodes whose subtrees are whole."""
        levels = [leaves]
        while len(levels[-1]) >= 2 * SIZE:
            below = levels[-1]
            nodes = (sha256(b"\1" + below[at : at + 64]).digest() for at in range(0, len(below) - SIZE, 64))
            levels.append(b"".join(nodes))
        return cls(tuple(levels))

    def peaks(self, width: int) -> list[bytes]:
        """Give the peaks of the tree of the first `width` leaves, largest first."""
        heights = (height for height in range(_HEIGHT, -1, -1) if width >> height & 1)
        ends = (((width >> height) * SIZE, self.levels[height]) for height in heights)
        return [level[end - SIZE : end] for end, level in ends]


@dataclass(slots=True)
class Growth:
    """A tree that grows, with its rightmost tiles: what a publisher or verifier keeps in memory.

    `fresh` gathers the tiles that became full since it was last cleared.
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)
    edge: list[bytearray] = field(default_factory=list)
    fresh: dict[Key, bytes] = field(default_factory=dict)

    @classmethod
    def resume(cls, size: int, tiles: Mapping[Key, bytes]) -> Growth:
        """Give the tree of `size` leaves from its rightmost tiles, longer ones cut to that size."""
        growth = cls(size)
        for level, key in edge_of(size):
            width = size >> (_HEIGHT * level) & (WIDTH - 1)
            growth.edge.append(bytearray(tiles[key][: width * SIZE] if width else b""))
        for tile in reversed(growth.edge):
            tip = Tip()
            for each in hashes(bytes(tile)):
                tip.append(each)
            growth.peaks += tip.peaks
        return growth

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right; a subtree that fills a tile goes into the level above."""
        self._place(0, leaf)
        self._grow(leaf, 0)

    def append_tile(self, subtree: Subtree) -> None:
        """Add a full tile of leaves at the right, where a tile begins."""
        self.fresh[0, self.size >> _HEIGHT] = subtree.levels[0]
        self._place(1, subtree.levels[-1])
        self._grow(subtree.levels[-1], _HEIGHT)

    def root_with(self, subtree: Subtree, width: int) -> bytes:
        """Give the root once the first `width` leaves of a tile are added, where a tile begins."""
        return Tip(self.size + width, self.peaks + subtree.peaks(width)).root()

    def _grow(self, node: bytes, height: int) -> None:
        position, grown = self.size >> height, 1 << height
        while position & 1:
            node = node_hash(self.peaks.pop(), node)
            position >>= 1
            height += 1
            if not height % _HEIGHT:
                self._place(height // _HEIGHT, node)
        self.peaks.append(node)
        self.size += grown

    def _place(self, level: int, node: bytes) -> None:
        while level >= len(self.edge):
            self.edge.append(bytearray())
        tile = self.edge[level]
        tile += node
        if len(tile) == WIDTH * SIZE:
            self.fresh[level, self.size >> (_HEIGHT * (level + 1))] = bytes(tile)
            tile.clear()

    def partial(self) -> dict[Key, bytes]:
        """Give the rightmost tiles that are neither full nor empty."""
        return {
            (level, self.size >> (_HEIGHT * (level + 1))): bytes(tile)
            for level, tile in enumerate(self.edge)
            if tile
        }

    def root(self) -> bytes:
        """Give the tree's root."""
        return Tip(self.size, self.peaks).root()

    def copy(self) -> Growth:
        """Give a tree that can grow by itself, with nothing fresh."""
        return Growth(self.size, self.peaks.copy(), [tile.copy() for tile in self.edge])


def edge_of(size: int) -> list[tuple[int, Key]]:
    """Say which tile is the rightmost at each level of a tree."""
    levels = range((max(size, 1).bit_length() - 1) // _HEIGHT + 1)
    return [(level, (level, size >> (_HEIGHT * (level + 1)))) for level in levels]


def pieces(start: int, end: int) -> Iterator[tuple[Key, int, int]]:
    """Split an aligned range into perfect subtrees: each one's tile, from which hash to which in it."""
    while start < end:
        height = (end - start).bit_length() - 1
        level = height // _HEIGHT
        index, offset = divmod(start >> (_HEIGHT * level), WIDTH)
        yield (level, index), offset, offset + (1 << height % _HEIGHT)
        start += 1 << height


def subtree(tiles: Mapping[Key, bytes], start: int, end: int) -> bytes:
    """Give the root over the leaves [start, end) of a proof's range, from the tiles that `pieces` names."""
    roots = [root_of(hashes(tiles[key])[first:last]) for key, first, last in pieces(start, end)]
    root = roots.pop()
    while roots:
        root = node_hash(roots.pop(), root)
    return root


def needed(ranges: Sequence[tuple[int, int]]) -> frozenset[Key]:
    """Say which tiles the roots of these ranges are made of."""
    return frozenset(key for start, end in ranges for key, _, _ in pieces(start, end))
