"""A proof shown step by step leads where the proof leads, and nowhere when it proves nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.merkle import leaf_hash, node_hash
from audit.proof import Proof
from audit.retracing import retrace
from tests.unit.audit.folders import FORGER
from tests.unit.audit.records import SIGNER
from tests.unit.audit.test_proof import HEAD, PATH, PROOF


def test_the_steps_lead_to_the_signed_root() -> None:
    """Each step's hash is that of the one before and the proof's, on the side where it stands."""
    way = retrace(b"three", PROOF, SIGNER.verifier)
    first = node_hash(leaf_hash(b"three"), PATH[0])

    assert way.holds
    assert (way.rungs[0].left, way.rungs[0].node) == (False, first)
    assert (way.rungs[1].left, way.rungs[1].node) == (True, node_hash(PATH[1], first))
    assert way.rungs[-1].node == way.root == HEAD.root
    assert way.cosigners == ["w.example"]


@pytest.mark.parametrize(
    ("entry", "proof"),
    [
        (b"four", PROOF),
        (b"three", replace(PROOF, index=3)),
        (b"three", replace(PROOF, path=PATH[:-1])),
        (b"three", replace(PROOF, index=99)),
        (b"three", replace(PROOF, checkpoint_note=HEAD.sign(FORGER))),
        (b"three", replace(PROOF, checkpoint_note="")),
    ],
    ids=["another-entry", "another-place", "cut-path", "beyond-the-tree", "another-key", "no-head"],
)
def test_what_proves_nothing_does_not_hold(entry: bytes, proof: Proof) -> None:
    """However it fails, it is told as not holding, and nothing is raised."""
    assert not retrace(entry, proof, SIGNER.verifier).holds
