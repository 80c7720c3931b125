"""Proofs in a file: the whole way from an entry to a head that is believed."""

from __future__ import annotations

from base64 import b64encode

import pytest

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.merkle import inclusion_proof, leaf_hash, root_of
from audit.note import NoteError
from audit.policy import Policy
from audit.proof import Proof
from tests.unit.audit.folders import FORGER
from tests.unit.audit.records import SIGNER

ENTRIES = [b"one", b"two", b"three", b"four", b"five"]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
HEAD = Checkpoint(SIGNER.name, 5, root_of(LEAVES))
PATH = tuple(inclusion_proof(2, 5, lambda start, end: root_of(LEAVES[start:end])))
WITNESS = Cosigner.of("w.example", bytes(32))
POLICY = Policy.parse(f"witness w {WITNESS.public}\nquorum w\n")
PROOF = Proof(2, PATH, HEAD.sign(SIGNER) + WITNESS.cosign(HEAD.text, 7), extra=b"who asked")


def test_a_proof_is_read_as_it_was_written() -> None:
    """Index, path, head and what was added come back from the text."""
    assert Proof.parse(PROOF.text()) == PROOF


def test_a_proof_leads_from_the_entry_to_the_head() -> None:
    """The entry is in the tree of a head that the log and a witness have signed."""
    assert Proof.parse(PROOF.text()).opened(SIGNER.verifier, b"three", POLICY) == HEAD


@pytest.mark.parametrize(
    ("proof", "entry", "code"),
    [
        (PROOF, b"four", "not-included"),
        (Proof(3, PATH, PROOF.checkpoint_note), b"three", "not-included"),
        (Proof(2, PATH[:-1], PROOF.checkpoint_note), b"three", "not-included"),
        (Proof(2, PATH, HEAD.sign(FORGER)), b"three", "unknown-key"),
        (Proof(2, PATH, HEAD.sign(SIGNER)), b"three", "no-quorum"),
    ],
    ids=["another-entry", "another-place", "cut-path", "another-key", "no-witness"],
)
def test_what_proves_nothing_is_refused(proof: Proof, entry: bytes, code: str) -> None:
    """Each way in which a proof can fail has its code."""
    with pytest.raises(NoteError) as raised:
        proof.opened(SIGNER.verifier, entry, POLICY)

    assert raised.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        PROOF.text().replace("@v1", "@v2"),
        PROOF.text().replace("index 2", "index 02"),
        PROOF.text().replace("index 2", "index 2\n" + b64encode(b"short").decode()),
        PROOF.text().replace(
            "index 2\n", "index 2\n" + "\n".join([b64encode(bytes(32)).decode()] * 62) + "\n"
        ),
    ],
    ids=["empty", "other-format", "leading-zero", "short-hash", "too-long"],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    """Text of another form is not read at all."""
    with pytest.raises(NoteError):
        Proof.parse(text)
