"""Attempts to sign in, kept by the browser itself, sealed: nobody can fill our tables by beginning many."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from datetime import timedelta

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.signin.provider import Attempt, SignInRefusedError
from gateway.signin.sessions import Level
from gateway.storage.engine import now

LASTS = timedelta(minutes=10)
_NONCE = 12


class Attempts:
    """Seals attempts for the browser and opens them again, for ten minutes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, attempt: Attempt) -> str:
        """Give the cookie's value."""
        nonce = os.urandom(_NONCE)
        return urlsafe_b64encode(
            nonce + self._cipher.encrypt(nonce, orjson.dumps(asdict(attempt)), None)
        ).decode()

    def open(self, sealed: str) -> Attempt:
        """Read it back. Raises `SignInRefusedError`: not ours, altered, or too old."""
        try:
            raw = urlsafe_b64decode(sealed.encode("ascii"))
            told = orjson.loads(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None))
        except (ValueError, InvalidTag):
            raise SignInRefusedError("attempt-unknown") from None
        attempt = Attempt(**{**told, "level": Level(told["level"])})
        if now().timestamp() - attempt.began_at > LASTS.total_seconds():
            raise SignInRefusedError("attempt-expired")
        return attempt
