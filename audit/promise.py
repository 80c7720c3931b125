"""The promise in a receipt: the log's signature that an entry will be in every later tree.

It is given at once, before any checkpoint covers the entry. Whoever holds one whose entry is not
in the log at its index has proof that the log broke its word (compare RFC 6962 §3, the SCT).
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from audit.note import NoteError, Signer, Verifier, unbase64

_DOMAIN = b"obmin promise v1"
_ATTESTED = b"obmin attestation v1"


def message(origin: str, exchange_id: str, leaf_hash: bytes) -> bytes:
    """Give the bytes that are signed: the domain and each part behind its length (uint16)."""
    parts = (_DOMAIN, origin.encode(), exchange_id.encode(), leaf_hash)
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def sign(signer: Signer, exchange_id: str, leaf_hash: bytes) -> str:
    """Give the promise as base64."""
    return b64encode(signer.sign(message(signer.name, exchange_id, leaf_hash))).decode()


def holds(verifier: Verifier, exchange_id: str, leaf_hash: bytes, promise: str) -> bool:
    """Say whether the log under `verifier`'s name and key gave this promise."""
    try:
        signature, promised = unbase64(promise), message(verifier.name, exchange_id, leaf_hash)
    except (NoteError, UnicodeEncodeError, OverflowError):
        return False
    return verifier.holds(promised, signature)


def attest(signer: Signer, content: bytes) -> str:
    """Sign a document that is handed to a person (her copy of a consent) with the log's key, as base64."""
    return b64encode(signer.sign(_attestation(content))).decode()


def attests(verifier: Verifier, content: bytes, signature: str) -> bool:
    """Say whether the log under this key signed these very bytes."""
    try:
        return verifier.holds(_attestation(content), unbase64(signature))
    except NoteError:
        return False


def _attestation(content: bytes) -> bytes:
    """Give the bytes that are signed: a domain of its own, so that no promise or head can be one."""
    return len(_ATTESTED).to_bytes(2, "big") + _ATTESTED + sha256(content).digest()
