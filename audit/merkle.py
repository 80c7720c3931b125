"""The Merkle tree of RFC 6962 §2.1 (RFC 9162 §2.1): hashes, the growing tip, and proofs.

Everything here is pure. A `Tip` is the compact range of a tree: the roots of its perfect subtrees,
largest first, which is all that is needed to append and to give the root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

SIZE = 32
EMPTY = sha256(b"").digest()
"""The root of the tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry: SHA-256(0x00 ‖ entry)."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\1" + left + right).digest()


@dataclass(slots=True)
class Tip:
    """A tree that only grows, in memory logarithmic in its size."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        lowest = self.size
        self.size += 1
        while lowest & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            lowest >>= 1
        self.peaks.append(leaf)

    def root(self) -> bytes:
        """Give the tree's root."""
        if not self.peaks:
            return EMPTY
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Give the root over leaf hashes (or over equal perfect subtrees' roots)."""
    tip = Tip()
    for leaf in leaves:
        tip.append(leaf)
    return tip.root()


Subtree = Callable[[int, int], bytes]
"""Gives the root of the leaves [start, end); the one thing that making a proof needs to read."""


def _split(size: int) -> int:
    """Give the largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Say whose roots prove that leaf `index` is in the tree of `size`, leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError("index-out-of-tree")
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Say whose roots prove that the tree of `old` leaves is a prefix of the tree of `new` ones."""
    if not 0 < old <= new:
        raise ValueError("sizes-out-of-order")
    ranges: list[tuple[int, int]] = []
    start, end = 0, new
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return ranges[::-1]


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Give the audit path of RFC 6962 §2.1.1."""
    return [subtree(start, end) for start, end in inclusion_ranges(index, size)]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Give the proof of RFC 6962 §2.1.2."""
    return [subtree(start, end) for start, end in consistency_ranges(old, new)]


def _whole(*hashes: bytes) -> bool:
    return all(len(each) == SIZE for each in hashes)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a proof: the hash that the proof gave, on which side it stood, and what both make."""

    sibling: bytes
    left: bool
    node: bytes


def climb(size: int, leaf: bytes, index: int, proof: Sequence[bytes]) -> list[Rung] | None:
    """Go from a leaf to the root that `proof` leads to (RFC 9162 §2.1.3.2); None where it leads nowhere."""
    if not 0 <= index < size or not _whole(leaf, *proof):
        return None
    position, last, node = index, size - 1, leaf
    rungs: list[Rung] = []
    for sibling in proof:
        if last == 0:
            return None
        left = bool(position & 1) or position == last
        node = node_hash(sibling, node) if left else node_hash(node, sibling)
        rungs.append(Rung(sibling, left, node))
        if left:
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    return rungs if last == 0 else None


def includes(root: bytes, size: int, leaf: bytes, index: int, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows the leaf hash at `index` of the tree (RFC 9162 §2.1.3.2)."""
    rungs = climb(size, leaf, index, proof)
    return rungs is not None and (rungs[-1].node if rungs else leaf) == root


def extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows the new tree to begin with the old one (RFC 9162 §2.1.4.2).

    An old size of 0 shows nothing and is refused; a witness treats its first checkpoint apart.
    """
    if old == new and old > 0:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof or not _whole(old_root, new_root, *proof):
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, node)
        position, last = position >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
