"""A witness: what it cosigns, what it refuses and how it says so, and that it never forgets."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.merkle import consistency_proof, leaf_hash, root_of
from audit.note import Signer, open_note
from audit.witness import Reply, Witness
from tests.unit.audit.folders import FORGER
from tests.unit.audit.records import SIGNER

LEAVES = [leaf_hash(bytes([number])) for number in range(20)]
OTHERS = [leaf_hash(bytes([number, 1])) for number in range(20)]
COSIGNER = Cosigner.of("w.example", bytes(32))
AT = 1_700_000_000


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """Give a witness that has seen nothing yet."""
    return Witness(tmp_path / "heads.db", [COSIGNER], {SIGNER.name: SIGNER.verifier}, lambda: AT)


def head(size: int, leaves: Sequence[bytes] = LEAVES) -> Checkpoint:
    """Give the head of a log of these leaves."""
    return Checkpoint(SIGNER.name, size, root_of(leaves[:size]))


def request(old: int, size: int, leaves: Sequence[bytes] = LEAVES, signer: Signer = SIGNER) -> bytes:
    """Give what a log of these leaves submits."""
    needed = 0 < old < size
    proof = consistency_proof(old, size, lambda a, b: root_of(leaves[a:b])) if needed else []
    lines = [f"old {old}", *(b64encode(node).decode() for node in proof), ""]
    return "\n".join([*lines, head(size, leaves).sign(signer)]).encode()


def judge(witness: Witness, *requests: bytes) -> list[Reply]:
    """Submit one after another."""
    return [witness.add_checkpoint(each) for each in requests]


def test_a_log_that_grows_is_cosigned(witness: Witness) -> None:
    """The first head, a larger one and the same one again each get a cosignature that holds."""
    replies = judge(witness, request(0, 3), request(3, 11), request(11, 11))
    notes = [head(size).sign(SIGNER) + reply.body for size, reply in zip((3, 11, 11), replies, strict=True)]

    assert [reply.status for reply in replies] == [200, 200, 200]
    assert [open_note(note, COSIGNER.public) for note in notes] == [
        head(3).text,
        head(11).text,
        head(11).text,
    ]


def test_a_rollback_is_refused_with_the_size_that_is_remembered(witness: Witness) -> None:
    """A log that went back to an older copy is answered 409, and the witness's journal says rollback."""
    reply = judge(witness, request(0, 11), request(3, 7))[1]

    assert (reply.status, reply.body, reply.kind) == (409, "11\n", "text/x.tlog.size")
    assert reply.verdict == "rollback"


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        (request(11, 11, OTHERS), "fork: another root at size 11 was cosigned"),
        (request(11, 15, OTHERS), "fork: no consistency proof from size 11"),
        (
            request(11, 15).replace(b"old 11\n", b"old 11\n" + b64encode(bytes(32)) + b"\n"),
            "fork: no consistency",
        ),
        (
            request(11, 11).replace(b"old 11\n", b"old 11\n" + b64encode(bytes(32)) + b"\n"),
            "consistency proof",
        ),
    ],
    ids=["same-size", "larger", "padded-proof", "needless-proof"],
)
def test_a_fork_is_refused(witness: Witness, second: bytes, verdict: str) -> None:
    """Another history is answered 422 and in words, and is not remembered."""
    replies = judge(witness, request(0, 11), second, request(11, 12))

    assert [reply.status for reply in replies] == [200, 422, 200]
    assert replies[1].body.startswith(verdict)


def test_an_empty_tree_has_one_root(witness: Witness) -> None:
    """A head of size 0 with any other root is 422, with the empty one 200."""
    wrong = Checkpoint(SIGNER.name, 0, bytes(32)).sign(SIGNER)
    replies = judge(witness, f"old 0\n\n{wrong}".encode(), request(0, 0))

    assert [reply.status for reply in replies] == [422, 200]


@pytest.mark.parametrize(
    ("body", "status", "verdict"),
    [
        (request(0, 3, signer=FORGER), 403, "unknown-key"),
        (request(0, 3).replace(b"obmin.example", b"elsewhere.example"), 404, "unknown-log"),
        (request(0, 3).replace(b"old 0", b"old 4"), 400, "old-size-beyond-checkpoint"),
        (request(0, 3).replace(b"old 0", b"old 00"), 400, "malformed-request"),
        (request(0, 3).replace(b"old 0", b"old -1"), 400, "malformed-request"),
        (request(0, 3).replace(b"old 0\n", b"old 0\nnot base64\n"), 400, "malformed-request"),
        (b"old 0\n" + b"\n".join([b64encode(bytes(32))] * 64) + request(0, 3)[5:], 400, "malformed-request"),
        (b"", 400, "malformed-request"),
        (b"\xff\xfe", 400, "malformed-request"),
    ],
)
def test_what_is_not_acceptable_is_refused(witness: Witness, body: bytes, status: int, verdict: str) -> None:
    """Unknown keys, unknown logs and malformed requests each get their own status."""
    reply = witness.add_checkpoint(body)

    assert (reply.status, reply.verdict) == (status, verdict)


def test_a_head_with_extension_lines_is_cosigned_whole(witness: Witness) -> None:
    """Other logs may add lines; the cosignature covers them."""
    text = head(3).text + "more to say\n"
    signature = b64encode(SIGNER.verifier.key_id + SIGNER.sign(text.encode())).decode()
    note = f"{text}\n— {SIGNER.name} {signature}\n"

    reply = witness.add_checkpoint(f"old 0\n\n{note}".encode())

    assert open_note(note + reply.body, COSIGNER.public) == text


def test_monitors_get_the_newest_head(witness: Witness) -> None:
    """What was cosigned last is served with the log's signature and the witness's, and nothing else's."""
    stray = "— stray.example AAAAAAAA\n"
    judge(witness, request(0, 3), request(3, 11) + stray.encode())

    reply = witness.checkpoint(sha256(SIGNER.name.encode()).hexdigest())

    assert reply.status == 200
    assert open_note(reply.body, COSIGNER.public) == open_note(reply.body, SIGNER.verifier) == head(11).text
    assert "stray" not in reply.body


def test_a_log_that_was_never_cosigned_is_not_found(witness: Witness) -> None:
    """Monitors are told 404."""
    assert witness.checkpoint("00").status == 404


def test_what_cannot_be_remembered_is_not_cosigned(tmp_path: Path) -> None:
    """A witness without its file gives no signature."""
    lost = Witness(tmp_path / "nowhere" / "heads.db", [COSIGNER], {SIGNER.name: SIGNER.verifier}, lambda: AT)

    with pytest.raises(sqlite3.Error):
        lost.add_checkpoint(request(0, 3))


def test_a_restarted_witness_remembers(witness: Witness) -> None:
    """What it cosigned is in its file, so another root is refused after a restart as before."""
    witness.add_checkpoint(request(0, 11))
    again = Witness(witness.state, [COSIGNER], witness.logs, lambda: AT)

    assert again.add_checkpoint(request(11, 11, OTHERS)).status == 422
