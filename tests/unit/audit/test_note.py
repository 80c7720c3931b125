"""Signed notes, their keys, and the heads that are made of them."""

from __future__ import annotations

import pytest

from audit.checkpoint import Checkpoint
from audit.merkle import EMPTY
from audit.note import NoteError, Signer, Verifier, open_note, sign
from tests.unit.audit.records import SIGNER

OTHER = Signer.of("other.example/log", bytes(32))
NAMESAKE = Signer.of(SIGNER.name, bytes(32))
TEXT = "first\n\nsecond\n"
NOTE = sign(TEXT, SIGNER)


def signatures(*signers: Signer) -> str:
    """Give the text with a signature line of each."""
    return f"{TEXT}\n" + "".join(sign(TEXT, signer).removeprefix(f"{TEXT}\n") for signer in signers)


def test_a_signed_text_opens_under_its_key() -> None:
    """Opening gives the text with its empty lines and final newline."""
    assert open_note(NOTE, SIGNER.verifier) == TEXT


def test_signatures_of_strangers_are_ignored() -> None:
    """Unknown keys neither help nor harm, even under the name of a known one."""
    assert open_note(signatures(OTHER, NAMESAKE, SIGNER), SIGNER.verifier) == TEXT


def test_many_signatures_are_taken() -> None:
    """A note with sixteen signatures before the known one opens, as the specification demands."""
    assert open_note(signatures(*[OTHER] * 16, SIGNER), SIGNER.verifier) == TEXT


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (signatures(OTHER), "unknown-key"),
        (signatures(NAMESAKE), "unknown-key"),
        (NOTE.replace("first", "fifth"), "bad-signature"),
        (signatures(OTHER).replace("first", "fifth") + NOTE.rpartition("\n\n")[2], "bad-signature"),
        (TEXT, "malformed-note"),
        ("", "malformed-note"),
        (f"{TEXT}\n", "malformed-note"),
        (NOTE.removesuffix("\n"), "malformed-note"),
        (NOTE.replace("— ", "- "), "malformed-note"),
        (NOTE + "— x\n", "malformed-note"),
        (NOTE + "— x AAAA\n", "malformed-note"),
        (NOTE + "— x AAAAB===\n", "malformed-note"),
        (NOTE.replace("first", "first\t"), "control-character"),
        (signatures(*[OTHER] * 65, SIGNER), "malformed-note"),
    ],
)
def test_a_note_that_is_not_well_signed_is_refused(note: str, code: str) -> None:
    """Forged, unsigned and malformed notes each say why they do not open."""
    with pytest.raises(NoteError) as raised:
        open_note(note, SIGNER.verifier)

    assert raised.value.code == code


def test_every_changed_character_of_a_note_is_noticed() -> None:
    """Whichever character of text or signature is changed, the note does not open."""
    changed = [NOTE[:at] + chr(ord(NOTE[at]) ^ 1) + NOTE[at + 1 :] for at in range(len(NOTE))]
    opened = [note for note in changed if _opens(note)]

    assert opened == []


def _opens(note: str) -> bool:
    try:
        open_note(note, SIGNER.verifier)
    except NoteError:
        return False
    return True


def test_keys_are_read_back_from_their_text() -> None:
    """A verifier and a signer read from text do what the originals do."""
    verifier = Verifier.parse(f"{SIGNER.verifier}\n")
    seed = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    skey = f"PRIVATE+KEY+{SIGNER.name}+{SIGNER.verifier.key_id.hex()}+{seed}"

    assert str(verifier) == str(SIGNER.verifier)
    assert sign(TEXT, Signer.parse(skey)) == NOTE


VKEY = str(SIGNER.verifier)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        VKEY.replace(SIGNER.name, "obmin.example/forged"),
        VKEY.replace("+", " +", 1),
        VKEY[:-4],
        VKEY.replace("+A", "+B"),
        f"{VKEY}!",
    ],
)
def test_a_key_that_is_not_whole_is_refused(vkey: str) -> None:
    """A vkey whose id does not fit its name and key is no key."""
    with pytest.raises(NoteError):
        Verifier.parse(vkey)


@pytest.mark.parametrize("skey", ["", VKEY, f"PRIVATE+KEY+{VKEY}"])
def test_a_private_key_that_is_not_whole_is_refused(skey: str) -> None:
    """Neither a public key nor one with another's id is taken for a private key."""
    with pytest.raises(NoteError):
        Signer.parse(skey)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\t", "no\u00a0break", "esc\x1b"])
def test_a_name_that_would_break_a_line_is_refused(name: str) -> None:
    """Key names hold no spaces, plus signs or controls."""
    with pytest.raises(NoteError):
        Signer.of(name, bytes(32))


def test_a_signer_does_not_print_its_key() -> None:
    """The printed form of a signer shows nothing."""
    assert repr(SIGNER) == "Signer(…)"


@pytest.mark.parametrize("text", ["no newline", "tab\t\n"])
def test_only_readable_lines_are_signed(text: str) -> None:
    """A text without a final newline, or with control characters, is not signed."""
    with pytest.raises(NoteError):
        sign(text, SIGNER)


def test_a_head_opens_as_it_was_signed() -> None:
    """Origin, size and root come back."""
    head = Checkpoint(SIGNER.name, 17, EMPTY)

    assert Checkpoint.open(head.sign(SIGNER), SIGNER.verifier) == head


ROOT = Checkpoint(SIGNER.name, 17, EMPTY).sign(SIGNER).split("\n")[2]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{SIGNER.name}\n017\n{ROOT}\n", "malformed-checkpoint"),
        (f"{SIGNER.name}\n-1\n{ROOT}\n", "malformed-checkpoint"),
        (f"{SIGNER.name}\n٣\n{ROOT}\n", "malformed-checkpoint"),
        (f"{SIGNER.name}\n17\nAAAA\n", "malformed-checkpoint"),
        (f"{SIGNER.name}\n17\n{ROOT[:-1]}\n", "not-base64"),
        (f"{SIGNER.name}\n17\n{ROOT}\nextension\n", "malformed-checkpoint"),
        (f"{SIGNER.name}\n17\n", "malformed-checkpoint"),
        (f"other.example/log\n17\n{ROOT}\n", "other-origin"),
    ],
)
def test_a_signed_text_that_is_no_head_of_this_log_is_refused(text: str, code: str) -> None:
    """A signature makes no head of a text that is not one, or of another origin's."""
    with pytest.raises(NoteError) as raised:
        Checkpoint.open(sign(text, SIGNER), SIGNER.verifier)

    assert raised.value.code == code
