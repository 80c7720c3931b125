"""A proof that fits in a file (C2SP tlog-proof): where an entry is, the path to a root, the signed head.

Whoever holds the entry, this text and the keys can check it offline, for as long as SHA-256 holds.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Self

from audit.checkpoint import Checkpoint
from audit.merkle import SIZE, includes, leaf_hash
from audit.note import NoteError, Verifier, unbase64
from audit.policy import Policy

_FORMAT = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_LONGEST = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in the tree of a signed head. `extra` is anybody's and proves nothing."""

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: str
    extra: bytes = b""

    def text(self) -> str:
        """Write the proof, to be kept as `….tlog-proof`."""
        lines = [_FORMAT]
        if self.extra:
            lines.append(f"extra {b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [b64encode(node).decode() for node in self.path]
        return "\n".join([*lines, "", self.checkpoint_note])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a proof; nothing is checked yet but its form. Raises `NoteError` (`malformed-proof`)."""
        head, separator, note = text.partition("\n\n")
        first, *lines = head.split("\n")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = unbase64(lines.pop(0).removeprefix("extra "))
        match = _INDEX.fullmatch(lines[0]) if lines else None
        if first != _FORMAT or not separator or match is None or len(lines) > 1 + _LONGEST:
            raise NoteError("malformed-proof")
        path = tuple(unbase64(line) for line in lines[1:])
        if any(len(node) != SIZE for node in path):
            raise NoteError("malformed-proof")
        return cls(int(match[1]), path, note, extra)

    def opened(self, verifier: Verifier, entry: bytes, policy: Policy | None = None) -> Checkpoint:
        """Give the head once it is signed, witnessed as the policy wants, and holds the entry.

        Raises `NoteError`: what `Checkpoint.open` says, `no-quorum`, or `not-included`.
        """
        head = Checkpoint.open(self.checkpoint_note, verifier)
        if policy is not None and not policy.met(self.checkpoint_note):
            raise NoteError("no-quorum")
        if not includes(head.root, head.size, leaf_hash(entry), self.index, self.path):
            raise NoteError("not-included")
        return head
