"""Assertions as honest agencies and forgers make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from tests.journeys.house import House

AGENCY = "case-system"


@dataclass(frozen=True)
class Forgery:
    """An assertion to be: what differs from an honest one. None takes a member out.

    `secret` signs with HMAC in place of the agency's key; `unsigned` leaves the signature empty.
    """

    header: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    key: ECKey | None = None
    key_of: str = AGENCY
    secret: bytes = b""
    unsigned: bool = False

    def write(self, house: House) -> str:
        """Give the compact JWS."""
        at = int(time.time())
        claims = {
            "iss": AGENCY,
            "sub": AGENCY,
            "aud": f"{house.url}/oauth/token",
            "exp": at + 120,
            "jti": str(uuid.uuid4()),
            **{name: value(at) if callable(value) else value for name, value in self.claims.items()},
        }
        header = {"alg": "ES256", "kid": f"{AGENCY}-1", **self.header}
        signed = f"{_part(header)}.{_part(claims)}"
        return f"{signed}.{_encode(self._sign(house, signed.encode()))}"

    def _sign(self, house: House, content: bytes) -> bytes:
        if self.unsigned:
            return b""
        if self.secret:
            return hmac.new(self.secret, content, hashlib.sha256).digest()
        key = self.key or ECKey.import_key(json.loads(house.demo.private_key(self.key_of).read_text()))
        return JWSRegistry.algorithms["ES256"].sign(content, key)


def _part(members: Mapping[str, Any]) -> str:
    return _encode(json.dumps({name: value for name, value in members.items() if value is not None}).encode())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
