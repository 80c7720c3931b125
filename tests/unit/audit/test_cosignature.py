"""Cosignatures: what a witness signs, and that nothing else passes for it."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner, CosignerKey, time_of
from audit.note import NoteError, open_note, split_note
from tests.unit.audit.records import SIGNER

HEAD = Checkpoint(SIGNER.name, 3, bytes(32))
AT = 1_679_315_147
ED25519 = Cosigner.of("witness.example/w1", bytes(32))
ML_DSA = Cosigner.of("witness.example/w1", bytes(32), ml_dsa=True)
BOTH = pytest.mark.parametrize("cosigner", [ED25519, ML_DSA], ids=["ed25519", "ml-dsa-44"])


def cosigned(cosigner: Cosigner, at: int = AT) -> str:
    """Give a head with the log's signature and a witness's."""
    return HEAD.sign(SIGNER) + cosigner.cosign(HEAD.text, at)


@BOTH
def test_a_cosignature_holds_under_its_key(cosigner: Cosigner) -> None:
    """The note opens with the witness's key alone, and its time is read from the signature."""
    note = cosigned(cosigner)
    signature = split_note(note)[1][1][2]

    assert open_note(note, cosigner.public) == HEAD.text
    assert time_of(signature) == AT


@BOTH
def test_keys_are_read_back_as_they_were_written(cosigner: Cosigner) -> None:
    """Both halves have a text form from which the same key comes again."""
    assert CosignerKey.parse(str(cosigner.public)) == cosigner.public
    assert Cosigner.parse(cosigner.secret()).public == cosigner.public


@BOTH
def test_a_cosignature_of_another_head_does_not_hold(cosigner: Cosigner) -> None:
    """A line taken from one head is refused below another."""
    line = cosigner.cosign(Checkpoint(SIGNER.name, 4, bytes(32)).text, AT)

    with pytest.raises(NoteError, match="bad-signature"):
        open_note(HEAD.sign(SIGNER) + line, cosigner.public)


@BOTH
def test_a_changed_time_does_not_hold(cosigner: Cosigner) -> None:
    """An old cosignature cannot be given a new time."""
    content = b64decode(cosigner.cosign(HEAD.text, AT).split(" ")[2])
    later = content[:4] + (AT + 1).to_bytes(8, "big") + content[12:]
    line = f"— {cosigner.public.name} {b64encode(later).decode()}\n"

    with pytest.raises(NoteError, match="bad-signature"):
        open_note(HEAD.sign(SIGNER) + line, cosigner.public)


def test_a_cosignature_under_another_name_does_not_hold_for_ml_dsa() -> None:
    """ML-DSA commits to the witness's name."""
    other = CosignerKey.of("witness.example/w2", ML_DSA.public.key)
    signature = split_note(cosigned(ML_DSA))[1][1][2]

    assert ML_DSA.public.holds(HEAD.text.encode(), signature)
    assert not other.holds(HEAD.text.encode(), signature)


@pytest.mark.parametrize("at", [0, 2**63])
def test_a_cosignature_needs_a_time(at: int) -> None:
    """Time zero says that no statement is made, and beyond 2⁶³-1 there is none."""
    signature = split_note(cosigned(ED25519, at))[1][1][2]

    assert not ED25519.public.holds(HEAD.text.encode(), signature)


@pytest.mark.parametrize(
    ("vkey", "code"),
    [
        (str(SIGNER.verifier), "not-a-cosigner"),
        ("witness.example/w1+00000000+", "not-a-cosigner"),
        ("witness.example/w1+00000000" + str(ED25519.public)[27:], "key-id-differs"),
        ("witness.example/w1+00000000+BA", "not-base64"),
    ],
)
def test_what_is_no_witness_key_is_refused(vkey: str, code: str) -> None:
    """A log's own key, an empty one, one of another id and a torn one are told apart."""
    with pytest.raises(NoteError) as raised:
        CosignerKey.parse(vkey)

    assert raised.value.code == code


def test_a_private_key_is_not_shown() -> None:
    """Neither name nor seed is in the representation."""
    assert repr(ED25519) == "Cosigner(…)"
