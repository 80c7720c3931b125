"""What an agency has signed: a compact JWS (RFC 7515) over canonical JSON (RFC 8785), by a key of its entry.

One content has one spelling, so the same words signed twice are the same bytes, and whoever keeps the JWS
can show years later who said them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from contracts.vocabulary import ObminError
from gateway.agencies import Agency, PublicKey

HEADER: Final = frozenset({"alg", "kid", "typ"})
ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {"P-256": ("ES256",), "Ed25519": ("Ed25519", "EdDSA")}
"""Which algorithm a key is for: it is never the header that chooses."""


class SignatureWrongError(ObminError):
    """Not signed by a key of this agency, or not over canonical JSON. `code` says which, for the record."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed: the canonical bytes, and by which of the agency's keys."""

    content: bytes
    key_id: str


def verify(token: str, agency: Agency) -> Signed:
    """Give what the agency has signed. Raises `SignatureWrongError`."""
    header = _header(token)
    key = agency.signing.get(str(header.get("kid")))
    if key is None:
        raise SignatureWrongError("key-unknown")
    content = _verified(token, key)
    try:
        said = json.loads(content)
        canonical = orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except (ValueError, RecursionError, orjson.JSONEncodeError):
        raise SignatureWrongError("not-json") from None
    if canonical != content:
        raise SignatureWrongError("not-canonical")
    return Signed(content, str(key.kid))


def sign(content: Mapping[str, Any], key: Any, key_id: str) -> str:
    """Give the JWS of a content, as an agency makes it with its private key."""
    algorithm = "ES256" if key.curve_name == "P-256" else "Ed25519"
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    return jws.serialize_compact({"alg": algorithm, "kid": key_id}, canonical, key, algorithms=[algorithm])


def _header(token: str) -> Mapping[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004  header, content, signature
        raise SignatureWrongError("not-a-signature")
    try:
        first, _, _ = map(_decoded, parts)
        header = json.loads(first)
    except (ValueError, binascii.Error, RecursionError):
        raise SignatureWrongError("not-a-signature") from None
    if not isinstance(header, dict) or header.keys() - HEADER:
        raise SignatureWrongError("signature-header")
    return header


def _decoded(part: str) -> bytes:
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # joserfc forgives stray padding and characters: two spellings of one signature.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ValueError
    return raw


def _verified(token: str, key: PublicKey) -> bytes:
    allowed = ALGORITHMS.get(str(key.curve_name), ())
    try:
        return jws.deserialize_compact(token, key, algorithms=[*allowed]).payload
    except (JoseError, ValueError, TypeError):
        raise SignatureWrongError("signature-wrong") from None
