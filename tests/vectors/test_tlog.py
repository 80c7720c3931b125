"""The record's formats against published vectors; where they come from is in `tlog/README.md`."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.merkle import extends, includes, leaf_hash, root_of
from audit.note import NoteError, Verifier, open_note
from audit.proof import Proof
from audit.tiles import Growth, bundle, bundle_path, hashes, tile_path, unbundle
from audit.witness import Reply, Witness

TLOG = Path(__file__).parent / "tlog"
NOTES: Mapping[str, Any] = json.loads((TLOG / "notes-and-witness.json").read_text())
INCLUSION = sorted((TLOG / "rfc6962-proofs/testdata/inclusion").rglob("*.json"))
CONSISTENCY = sorted((TLOG / "rfc6962-proofs/testdata/consistency").rglob("*.json"))
TESSERA = TLOG / "tessera-log/testdata/log"
SIZES = range(1, 16)
WITNESS_KEY = bytes.fromhex(NOTES["witness_add_checkpoint"]["log_public_key_hex"])


def name_of(path: Path) -> str:
    """Name a vector by its folder and file."""
    return f"{path.parent.name}/{path.stem}"


def decoded(proof: Sequence[str] | None) -> list[bytes]:
    """Decode a proof of the vectors."""
    return [b64decode(each) for each in proof or ()]


@pytest.mark.parametrize("path", INCLUSION, ids=name_of)
def test_inclusion_proofs_are_judged_as_published(path: Path) -> None:
    """An inclusion proof holds exactly where the vector says so."""
    case = json.loads(path.read_text())

    held = includes(
        b64decode(case["root"] or ""),
        case["treeSize"],
        b64decode(case["leafHash"] or ""),
        case["leafIdx"],
        decoded(case["proof"]),
    )

    assert held is not case["wantErr"]


@pytest.mark.parametrize("path", CONSISTENCY, ids=name_of)
def test_consistency_proofs_are_judged_as_published(path: Path) -> None:
    """A consistency proof holds exactly where the vector says so."""
    case = json.loads(path.read_text())

    held = extends(
        case["size1"],
        b64decode(case["root1"] or ""),
        case["size2"],
        b64decode(case["root2"] or ""),
        decoded(case["proof"]),
    )

    assert held is not case["wantErr"]


def test_there_are_as_many_proofs_as_were_published() -> None:
    """All 196 proof vectors are run."""
    assert len(INCLUSION) == len(CONSISTENCY) == 98


@pytest.mark.parametrize("size", SIZES)
def test_a_published_log_has_our_roots_and_tiles(size: int) -> None:
    """Entries, tile, bundle and signed root of a log made by Tessera are those that we compute."""
    verifier = Verifier.parse(NOTES["tessera_log"]["vkey"])
    entries = [entry.encode() for entry in NOTES["tessera_log"]["entries"][:size]]
    head = Checkpoint.open((TESSERA / f"checkpoint.{size}").read_text(), verifier)
    stored = (TESSERA / bundle_path(0, size)).read_bytes()
    tile = (TESSERA / tile_path(0, 0, size)).read_bytes()

    assert unbundle(stored) == entries
    assert bundle(entries) == stored
    assert hashes(tile) == [leaf_hash(entry) for entry in entries]
    assert (head.size, head.root) == (size, root_of(map(leaf_hash, entries)))
    assert Growth.resume(size, {(0, 0): tile}).root() == head.root


def test_an_empty_published_log_has_the_empty_root() -> None:
    """The head of size 0 that Tessera signed carries the root of the empty tree."""
    head = Checkpoint.open(
        (TESSERA / "checkpoint.0").read_text(), Verifier.parse(NOTES["tessera_log"]["vkey"])
    )

    assert (head.size, head.root) == (0, root_of([]))


def test_the_example_note_of_the_specification_opens() -> None:
    """The note printed in the signed-note text is accepted under its key, which reads back the same."""
    example = NOTES["c2sp_note_example"]
    verifier = Verifier.parse(example["vkey"])

    assert open_note(example["note"], verifier) == "This is an example message.\n"
    assert str(verifier) == example["vkey"]


STEPS = NOTES["witness_add_checkpoint"]["steps"]
WITNESSED = Verifier.of(STEPS[0]["body"].split("\n")[2], Ed25519PublicKey.from_public_bytes(WITNESS_KEY))
SIGNED = [step["body"].split("\n\n", 1)[1] for step in STEPS if step["status"] != 403]
UNSIGNED = [step["body"].split("\n\n", 1)[1] for step in STEPS if step["status"] == 403]


@pytest.mark.parametrize("note", SIGNED)
def test_heads_that_a_witness_takes_for_signed_open(note: str) -> None:
    """A head whose signature the published witness accepted is accepted under the log's key."""
    assert Checkpoint.open(note, WITNESSED).origin == WITNESSED.name


@pytest.mark.parametrize("note", UNSIGNED)
def test_heads_that_a_witness_refuses_do_not_open(note: str) -> None:
    """A head with a wrong signature or from an unknown log is refused."""
    with pytest.raises(NoteError):
        Checkpoint.open(note, WITNESSED)


def answers(state: Path) -> list[Reply]:
    """Send the published requests to a fresh witness, in order."""
    witness = Witness(
        state, [Cosigner.of("example.com/witness", bytes(32))], {WITNESSED.name: WITNESSED}, lambda: 1
    )
    return [witness.add_checkpoint(step["body"].encode()) for step in STEPS]


def test_a_witness_answers_as_published(tmp_path: Path) -> None:
    """All nine requests get their status; the text now says 404 for a log that litewitness answered 403."""
    unknown_log = 2
    published = [step["status"] for step in STEPS]

    statuses = [reply.status for reply in answers(tmp_path / "heads.db")]

    assert len(STEPS) == 9
    assert statuses == [*published[:unknown_log], 404, *published[unknown_log + 1 :]]


def test_a_witness_that_is_behind_says_how_far(tmp_path: Path) -> None:
    """Both published conflicts are answered with the size that the witness has."""
    conflicts = [reply.body for reply in answers(tmp_path / "heads.db") if reply.status == 409]

    assert conflicts == ["3\n", "5\n"]


@pytest.mark.parametrize("text", NOTES["tlog_proof_parse"]["accept"])
def test_proofs_that_are_well_formed_are_read(text: str) -> None:
    """A published proof that should be read is, and is written the same."""
    assert Proof.parse(text).text() == text


@pytest.mark.parametrize("text", NOTES["tlog_proof_parse"]["reject"])
def test_proofs_that_are_malformed_are_refused(text: str) -> None:
    """A published proof that should be refused is."""
    with pytest.raises(NoteError):
        Proof.parse(text)
