"""Seal what is kept: AES-256-GCM beneath a subject's own key, bound to the one place it belongs to.

The hierarchy is KEK (in the key file) → data key of a subject (in the database, wrapped) → key of a
record (derived, kept nowhere) → the envelope. Forgetting a person is deleting one wrapped key.
A whole answer goes into one envelope: a derivation costs more than an encryption.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from contracts.vocabulary import SubjectRef
from gateway.sealing.binding import bind
from gateway.sealing.keys import KEY_BYTES, NONCE_BYTES, EnvelopeBrokenError, KeyRing

SCHEME = 1
"""The first byte of an envelope: HKDF-SHA256 record key, AES-256-GCM, random nonce of 96 bits."""


@dataclass(frozen=True, slots=True)
class Context:
    """The one place an envelope belongs to: it opens nowhere else.

    `contract` is the digest of the contract under which the content was released, empty where none was.
    """

    tenant: str
    table: str
    record: str
    field: str
    contract: str = ""


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The data key of one person. `ref` is the person's pseudonym; the key itself is never shown."""

    ref: SubjectRef
    _key: bytes = field(repr=False)

    @classmethod
    def create(cls, ring: KeyRing, ref: SubjectRef) -> tuple[SubjectKey, bytes, int]:
        """Make a key for a person: the key, its wrapped form to keep, and the KEK version that wraps it."""
        key = token_bytes(KEY_BYTES)
        return cls(ref, key), ring.wrap(key, ref), ring.current

    @classmethod
    def unwrap(cls, ring: KeyRing, ref: SubjectRef, wrapped: bytes, version: int) -> SubjectKey:
        """Take a kept key out of its wrapping, or raise `EnvelopeBrokenError`."""
        return cls(ref, ring.unwrap(wrapped, ref, version))

    def seal(self, plaintext: bytes, context: Context) -> bytes:
        """Give the envelope: 29 bytes longer than the plaintext."""
        return _seal(self._key, plaintext, context)

    def open(self, envelope: bytes, context: Context) -> bytes:
        """Give the plaintext; `EnvelopeBrokenError` if anything is not as it was sealed, for this place."""
        return _open(self._key, envelope, context)


def _seal(above: bytes, plaintext: bytes, context: Context) -> bytes:
    nonce = token_bytes(NONCE_BYTES)
    sealed = _record_cipher(above, context).encrypt(nonce, plaintext, _bound(context))
    return bytes([SCHEME]) + nonce + sealed


def _open(above: bytes, envelope: bytes, context: Context) -> bytes:
    nonce, sealed = envelope[1 : 1 + NONCE_BYTES], envelope[1 + NONCE_BYTES :]
    if envelope[:1] != bytes([SCHEME]):
        raise EnvelopeBrokenError
    try:
        return _record_cipher(above, context).decrypt(nonce, sealed, _bound(context))
    except (InvalidTag, ValueError):
        raise EnvelopeBrokenError from None


def _record_cipher(above: bytes, context: Context) -> AESGCM:
    """Derive the key of one record: a nonce may repeat in another record without harm.

    Expand alone: the key above is uniformly random, so there is nothing to extract (RFC 5869 §3.3).
    """
    info = bind("obmin record", context.tenant, context.table, context.record)
    return AESGCM(HKDFExpand(SHA256(), KEY_BYTES, info).derive(above))


def _bound(context: Context) -> bytes:
    parts = (context.tenant, context.table, context.record, context.field, context.contract)
    return bind(str(SCHEME), *parts)
