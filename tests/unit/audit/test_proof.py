"""Proofs that stand alone (C2SP tlog-proof)."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.merkle import inclusion_proof, leaf_hash, root_of
from audit.note import Signer
from audit.proof import Proof, ProofError
from tests.unit.audit.records import SIGNER

ENTRIES = [f"entry {n}".encode() for n in range(11)]
LEAVES = [leaf_hash(each) for each in ENTRIES]
STRANGER = Signer.of(SIGNER.name, bytes(32))


def proof_of(index: int, signer: Signer = SIGNER, extra: bytes = b"") -> Proof:
    """Prove one of the entries."""
    path = inclusion_proof(index, len(LEAVES), lambda start, end: root_of(LEAVES[start:end]))
    note = Checkpoint(SIGNER.name, len(LEAVES), root_of(LEAVES)).sign(signer)
    return Proof(index, tuple(path), note, extra)


@given(st.integers(0, 10), st.binary(max_size=40))
def test_a_proof_read_back_still_proves(index: int, extra: bytes) -> None:
    """Writing and reading lose nothing, and the head it leads to is the log's."""
    proof = Proof.parse(proof_of(index, extra=extra).text())

    assert proof.extra == extra
    assert proof.opened(SIGNER.verifier, ENTRIES[index]).size == len(ENTRIES)


def test_a_proof_is_written_as_the_specification_has_it() -> None:
    """Header, index, hashes from leaf to root, an empty line, the note as it is."""
    proof = proof_of(2)
    lines = proof.text().split("\n")

    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "index 2", b64encode(proof.path[0]).decode()]
    assert proof.text().endswith("\n\n" + proof.checkpoint)


def test_a_proof_of_another_entry_proves_nothing() -> None:
    """Another entry's bytes do not fit."""
    with pytest.raises(ProofError, match="entry-not-included"):
        proof_of(2).opened(SIGNER.verifier, ENTRIES[3])


def test_a_head_that_another_signed_proves_nothing() -> None:
    """The key decides, not the name."""
    with pytest.raises(ProofError, match="checkpoint-not-signed"):
        proof_of(2, STRANGER).opened(SIGNER.verifier, ENTRIES[2])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tlog-proof@v1", "tlog-proof@v2"),
        ("index 2", "index 02"),
        ("index 2", "index -2"),
        ("index 2", "place 2"),
        ("index 2\n", ""),
        ("index 2\n", "index 2\nAAAA\n"),
        ("index 2\n", "index 2\n!\n"),
        ("index 2\n", "extra !\nindex 2\n"),
        ("index 2\n", "index 2\n" + f"{'A' * 43}=\n" * 65),
        ("\n\n", "\n"),
    ],
)
def test_a_malformed_proof_is_refused(old: str, new: str) -> None:
    """Nothing but the one spelling is read."""
    with pytest.raises(ProofError, match="malformed-proof"):
        Proof.parse(proof_of(2).text().replace(old, new, 1))


def test_nothing_at_all_is_malformed() -> None:
    """An empty text is refused like any other."""
    with pytest.raises(ProofError, match="malformed-proof"):
        Proof.parse("")
