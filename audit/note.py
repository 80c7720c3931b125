"""Signed notes with Ed25519 keys (C2SP signed-note): text, an empty line, lines of signatures."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_SEED = 32
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_MOST = 64


class Known(Protocol):
    """A public key that a reader of notes knows: of a log, or of a witness (`audit.cosignature`)."""

    @property
    def name(self) -> str:
        """The name under which it signs."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that go before its signatures."""

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Say whether it made this signature of a note's text."""


class NoteError(ValueError):
    """A note or key that is malformed, or that no known key has signed. `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def unbase64(text: str) -> bytes:
    """Decode standard base64 in its one canonical spelling; anything else is a `NoteError`."""
    try:
        content = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise NoteError("not-base64") from None
    if b64encode(content).decode() != text:
        raise NoteError("not-base64")
    return content


def key_id_of(name: str, public: bytes) -> bytes:
    """Give the id of a key under a name; `public` begins with the byte of its signature type."""
    return sha256(name.encode() + b"\n" + public).digest()[:4]


def named(name: str) -> str:
    """Give a key's name back; one that no signature line could carry is a `NoteError`."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise NoteError("bad-key-name")
    return name


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name; its text form is a vkey."""

    name: str
    key_id: bytes
    key: Ed25519PublicKey

    @classmethod
    def of(cls, name: str, key: Ed25519PublicKey) -> Self:
        """Name a public key."""
        return cls(named(name), key_id_of(name, _ED25519 + key.public_bytes_raw()), key)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+id+base64(type ‖ key)`; a key id that does not fit is a `NoteError`."""
        name, _, rest = vkey.strip().partition("+")
        given_id, _, encoded = rest.partition("+")
        content = unbase64(encoded)
        if content[:1] != _ED25519 or len(content) != 1 + _SEED:
            raise NoteError("not-ed25519")
        verifier = cls.of(name, Ed25519PublicKey.from_public_bytes(content[1:]))
        if given_id != verifier.key_id.hex():
            raise NoteError("key-id-differs")
        return verifier

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Say whether this key signed these bytes."""
        try:
            self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        encoded = b64encode(_ED25519 + self.key.public_bytes_raw()).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under a name. Its `repr` shows neither."""

    verifier: Verifier
    key: Ed25519PrivateKey

    @classmethod
    def of(cls, name: str, seed: bytes) -> Self:
        """Name the private key made of a 32-byte seed (RFC 8032 §5.1.5)."""
        if len(seed) != _SEED:
            raise NoteError("bad-seed")
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(Verifier.of(name, key.public_key()), key)

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read `PRIVATE+KEY+name+id+base64(type ‖ seed)`, the form Go's note tools write."""
        prefix, _, rest = skey.strip().partition("PRIVATE+KEY+")
        name, _, rest = rest.partition("+")
        given_id, _, encoded = rest.partition("+")
        content = unbase64(encoded)
        if prefix or content[:1] != _ED25519:
            raise NoteError("not-ed25519")
        signer = cls.of(name, content[1:])
        if given_id != signer.verifier.key_id.hex():
            raise NoteError("key-id-differs")
        return signer

    @property
    def name(self) -> str:
        """The name under which this key signs: a log's origin."""
        return self.verifier.name

    def sign(self, message: bytes) -> bytes:
        """Give the 64-byte signature of RFC 8032."""
        return self.key.sign(message)

    def __repr__(self) -> str:
        return "Signer(…)"


def sign(text: str, signer: Signer) -> str:
    """Give the signed note of a text that ends in a newline."""
    _readable(text)
    if not text.endswith("\n"):
        raise NoteError("no-final-newline")
    signature = b64encode(signer.verifier.key_id + signer.sign(text.encode())).decode()
    return f"{text}\n— {signer.name} {signature}\n"


Signature = tuple[str, bytes, bytes]
"""A line below a note: the key's name, its id, the signature itself."""


def split_note(note: str) -> tuple[str, Sequence[Signature]]:
    """Give a note's text and its signatures, none of which is checked; at most 64 are read.

    Raises `NoteError` (`malformed-note`).
    """
    _readable(note)
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n") or tail.count("\n") > _MOST:
        raise NoteError("malformed-note")
    return text + "\n", [_signature(line) for line in tail[:-1].split("\n")]


def open_note(note: str, *known: Known) -> str:
    """Give a note's text once at least one known key has signed it and none of theirs is bad.

    Signatures of unknown keys are ignored, malformed lines are not.
    Raises `NoteError`: `malformed-note`, `bad-signature`, `unknown-key`.
    """
    text, signatures = split_note(note)
    keys = {(each.name, each.key_id): each for each in known}
    seen = 0
    for name, key_id, signature in signatures:
        verifier = keys.get((name, key_id))
        if verifier is None:
            continue
        if not verifier.holds(text.encode(), signature):
            raise NoteError("bad-signature")
        seen += 1
    if not seen:
        raise NoteError("unknown-key")
    return text


def _readable(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise NoteError("control-character")


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    content = unbase64(match[2]) if match else b""
    if match is None or len(content) < 5:  # noqa: PLR2004  four bytes of key id, then a signature
        raise NoteError("malformed-note")
    return match[1], content[:4], content[4:]
