"""Witnesses' signatures of heads (C2SP tlog-cosignature): Ed25519 v1, and ML-DSA-44.

A cosignature says that its witness has seen the log grow up to this head without a contradiction,
and when. Ed25519 signs the head's own text behind a header; ML-DSA-44 a structure that names the witness.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from audit.checkpoint import Checkpoint
from audit.note import NoteError, key_id_of, named, unbase64

PublicKey = Ed25519PublicKey | MLDSA44PublicKey
PrivateKey = Ed25519PrivateKey | MLDSA44PrivateKey

_ED25519, _ML_DSA_44 = 0x04, 0x06
_KEY_SIZES: Final[Mapping[int, int]] = {_ED25519: 32, _ML_DSA_44: 1312}
_SEED, _TIME = 32, 8
_LATEST = 2**63 - 1
_LABEL = b"subtree/v1\n\0"


def _signed(name: str, key: PublicKey, text: str, timestamp: int) -> bytes:
    """Give the message that a cosignature of a head's text signs."""
    if isinstance(key, Ed25519PublicKey):
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    head = Checkpoint.read(text)
    cosigner, origin = name.encode(), head.origin.encode()
    parts = (
        _LABEL,
        len(cosigner).to_bytes(1, "big") + cosigner,
        timestamp.to_bytes(_TIME, "big"),
        len(origin).to_bytes(1, "big") + origin,
        bytes(8),
        head.size.to_bytes(8, "big"),
        head.root,
    )
    return b"".join(parts)


def _type_of(key: PublicKey) -> int:
    return _ED25519 if isinstance(key, Ed25519PublicKey) else _ML_DSA_44


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """A witness's public key under its name; its text form is a vkey."""

    name: str
    key_id: bytes
    key: PublicKey

    @classmethod
    def of(cls, name: str, key: PublicKey) -> Self:
        """Name a public key."""
        material = bytes([_type_of(key)]) + key.public_bytes_raw()
        return cls(named(name), key_id_of(name, material), key)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+id+base64(type ‖ key)`; a key id that does not fit is a `NoteError`."""
        name, _, rest = vkey.strip().partition("+")
        given_id, _, encoded = rest.partition("+")
        content = unbase64(encoded)
        kind, material = content[:1], content[1:]
        if not kind or _KEY_SIZES.get(kind[0]) != len(material):
            raise NoteError("not-a-cosigner")
        if kind[0] == _ED25519:
            cosigner = cls.of(name, Ed25519PublicKey.from_public_bytes(material))
        else:
            cosigner = cls.of(name, MLDSA44PublicKey.from_public_bytes(material))
        if given_id != cosigner.key_id.hex():
            raise NoteError("key-id-differs")
        return cosigner

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Say whether this witness signed a head's text at the time that its signature gives."""
        timestamp = time_of(signature)
        if not 0 < timestamp <= _LATEST:
            return False
        try:
            self.key.verify(signature[_TIME:], _signed(self.name, self.key, message.decode(), timestamp))
        except (InvalidSignature, NoteError, OverflowError, ValueError):
            return False
        return True

    def __str__(self) -> str:
        material = bytes([_type_of(self.key)]) + self.key.public_bytes_raw()
        return f"{self.name}+{self.key_id.hex()}+{b64encode(material).decode()}"


def time_of(signature: bytes) -> int:
    """Give the POSIX time that a cosignature carries, whether or not it holds."""
    return int.from_bytes(signature[:_TIME], "big")


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's private key under its name. Its `repr` shows neither."""

    public: CosignerKey
    key: PrivateKey
    seed: bytes

    @classmethod
    def of(cls, name: str, seed: bytes, *, ml_dsa: bool = False) -> Self:
        """Name the private key made of a 32-byte seed."""
        if len(seed) != _SEED:
            raise NoteError("bad-seed")
        key: PrivateKey = (
            MLDSA44PrivateKey.from_seed_bytes(seed) if ml_dsa else Ed25519PrivateKey.from_private_bytes(seed)
        )
        return cls(CosignerKey.of(name, key.public_key()), key, seed)

    @classmethod
    def create(cls, name: str, *, ml_dsa: bool = False) -> Self:
        """Make a new key."""
        return cls.of(name, os.urandom(_SEED), ml_dsa=ml_dsa)

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read what `secret` wrote: `PRIVATE+KEY+name+id+base64(type ‖ seed)`, as Go's note tools do."""
        prefix, _, rest = skey.strip().partition("PRIVATE+KEY+")
        name, _, rest = rest.partition("+")
        given_id, _, encoded = rest.partition("+")
        content = unbase64(encoded)
        if prefix or content[:1] not in {bytes([_ED25519]), bytes([_ML_DSA_44])}:
            raise NoteError("not-a-cosigner")
        cosigner = cls.of(name, content[1:], ml_dsa=content[0] == _ML_DSA_44)
        if given_id != cosigner.public.key_id.hex():
            raise NoteError("key-id-differs")
        return cosigner

    @property
    def algorithm(self) -> str:
        """What it signs with: `ed25519` or `ml-dsa-44`."""
        return "ed25519" if isinstance(self.key, Ed25519PrivateKey) else "ml-dsa-44"

    def secret(self) -> str:
        """Give the private key as text, for a file that only its owner may read."""
        material = bytes([_type_of(self.public.key)]) + self.seed
        return f"PRIVATE+KEY+{self.public.name}+{self.public.key_id.hex()}+{b64encode(material).decode()}"

    def cosign(self, text: str, timestamp: int) -> str:
        """Give the signature line for a head's text, its newline included."""
        signature = self.key.sign(_signed(self.public.name, self.public.key, text, timestamp))
        content = self.public.key_id + timestamp.to_bytes(_TIME, "big") + signature
        return f"— {self.public.name} {b64encode(content).decode()}\n"

    def __repr__(self) -> str:
        return "Cosigner(…)"
