"""Tie bytes to the place they belong to: an unambiguous encoding of several texts."""

from __future__ import annotations

import hmac


def bind(*parts: str) -> bytes:
    """Give one byte string from which the parts could be told apart again.

    Each part is its UTF-8 bytes after their length in four bytes: no separator, so no two lists of
    parts ever read alike (`a|bc` and `ab|c` do not).
    """
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def derive(key: bytes, *parts: str) -> bytes:
    """Give a key of its own (32 bytes) for one place beneath a key: HMAC-SHA-256 over the place."""
    return hmac.digest(key, bind(*parts), "sha256")
