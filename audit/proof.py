"""A proof that stands alone (C2SP tlog-proof): place, path and signed head of one entry, as text.

With the entry's own bytes and the log's public key it shows that the entry is in the log; the other
entries appear in it as hashes alone, so it tells nothing of them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Self

from audit.checkpoint import Checkpoint
from audit.merkle import SIZE, includes, leaf_hash
from audit.note import NoteError, Verifier, unbase64

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_MOST_HASHES = 64  # a tree of 2⁶⁴ entries is no deeper


class ProofError(ValueError):
    """A proof that is malformed or does not prove. `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an entry stands, its siblings up to the root, and the note that signs the root.

    `extra` is carried along and proves nothing.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    def text(self) -> str:
        """Write the proof; `.tlog-proof` is the extension of a file of it."""
        extra = [f"extra {b64encode(self.extra).decode()}"] if self.extra else []
        hashes = [b64encode(node).decode() for node in self.path]
        return "\n".join([HEADER, *extra, f"index {self.index}", *hashes, "", self.checkpoint])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a proof, or raise `ProofError` (`malformed-proof`)."""
        head, found, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        extra = b""
        try:
            if lines and lines[0].startswith("extra "):
                extra = unbase64(lines.pop(0).removeprefix("extra "))
            index = _INDEX.fullmatch(lines[0])
            path = tuple(unbase64(line) for line in lines[1:])
        except (NoteError, IndexError):
            raise ProofError("malformed-proof") from None
        if first != HEADER or not found or index is None or len(path) > _MOST_HASHES:
            raise ProofError("malformed-proof")
        if any(len(node) != SIZE for node in path):
            raise ProofError("malformed-proof")
        return cls(int(index[1]), path, checkpoint, extra)

    def opened(self, verifier: Verifier, entry: bytes) -> Checkpoint:
        """Give the signed head that these bytes are in.

        Raises `ProofError`: `checkpoint-not-signed`, or `entry-not-included`.
        """
        try:
            head = Checkpoint.open(self.checkpoint, verifier)
        except NoteError:
            raise ProofError("checkpoint-not-signed") from None
        if not includes(head.root, head.size, leaf_hash(entry), self.index, self.path):
            raise ProofError("entry-not-included")
        return head
