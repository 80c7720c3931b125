"""A proof gone through step by step, as somebody who checks it by hand would: for a page that shows it.

Every step is computed anew from the entry and the proof; nothing is taken from where the proof came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.checkpoint import Checkpoint
from audit.merkle import Rung, climb, leaf_hash
from audit.note import NoteError, Verifier, split_note
from audit.proof import Proof


@dataclass(frozen=True, slots=True)
class Retraced:
    """What came of it. `root` is where the steps lead, `head` what is signed, None if its signature fails.

    `cosigners` are the names beneath the head besides the log's own; whether they hold is their keys' affair.
    """

    leaf: bytes
    rungs: Sequence[Rung]
    root: bytes
    head: Checkpoint | None
    cosigners: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether the entry is in the tree that the log signed."""
        return self.head is not None and bool(self.root) and self.root == self.head.root


def retrace(entry: bytes, proof: Proof, verifier: Verifier) -> Retraced:
    """Go from an entry to the root, and compare it with the signed head. Never raises."""
    leaf = leaf_hash(entry)
    try:
        head = Checkpoint.open(proof.checkpoint_note, verifier)
        _, signatures = split_note(proof.checkpoint_note)
    except NoteError:
        return Retraced(leaf, (), b"", None, ())
    names = sorted({name for name, _, _ in signatures} - {verifier.name})
    rungs = climb(head.size, leaf, proof.index, proof.path)
    if rungs is None:
        return Retraced(leaf, (), b"", head, names)
    return Retraced(leaf, rungs, rungs[-1].node if rungs else leaf, head, names)
