"""A witness in a process of its own, for tests that kill it.

    python -m tests.faults.witnessing STATE STATEMENT before|after SKIP

It is asked to cosign a log that grows, says on standard output each size that it has cosigned, and dies
as `kill -9` does when it comes to the statement.
"""

from __future__ import annotations

import sqlite3
import sys
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.merkle import consistency_proof, leaf_hash, root_of
from audit.witness import Reply, Witness
from tests.faults.traps import Trap, TrappedSqlite, die
from tests.unit.audit.records import SIGNER

LEAVES = [leaf_hash(bytes([number])) for number in range(60)]
OTHERS = [leaf_hash(bytes([number, 1])) for number in range(60)]
KEY = Cosigner.of("w.example", bytes(32))


def witness_at(state: Path, trap: Trap | None = None) -> Witness:
    """Give a witness whose connections lead past a trap, if there is one."""

    def connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, factory=TrappedSqlite)
        connection.trap = trap or Trap((), after=False, act=die, left=0)
        return connection

    return Witness(state, [KEY], {SIGNER.name: SIGNER.verifier}, lambda: 1_700_000_000, connect)


def ask(witness: Witness, old: int, size: int, leaves: Sequence[bytes] = LEAVES) -> Reply:
    """Submit the head of a log of these leaves."""
    head = Checkpoint(SIGNER.name, size, root_of(leaves[:size]))
    proof = consistency_proof(old, size, lambda a, b: root_of(leaves[a:b])) if 0 < old < size else []
    lines = [f"old {old}", *(b64encode(node).decode() for node in proof), ""]
    return witness.add_checkpoint("\n".join([*lines, head.sign(SIGNER)]).encode())


def grow(witness: Witness) -> None:
    """Have every size cosigned, one after another, and say so."""
    for size in range(1, len(LEAVES)):
        if ask(witness, size - 1, size).status == 200:
            sys.stdout.write(f"{size}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _, path, statement, when, skip = sys.argv
    grow(witness_at(Path(path), Trap((statement,), after=when == "after", act=die, skip=int(skip))))
