"""A bundle: messages for one recipient in one signed file. Each is sealed to the recipient already.

The file is a compact JWS (RFC 7515, EdDSA). Whoever carries it reads from whom and to whom it is, and how
much, and nothing of what it holds.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from contracts.vocabulary import AgencyId, ObminError
from gateway.sealing.binding import derive

TYPE: Final = "obmin-bundle+jws"
REGISTRY: Final = jws.JWSRegistry(algorithms=["Ed25519"])
MOST: Final = 500
"""Messages in one bundle."""


class BundleRefusedError(ObminError):
    """A file that is not imported. `code` says why; nothing of it was taken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a file says. `events` are CloudEvents as they would have been pushed, in their order."""

    id: str
    sender: str
    agency: AgencyId
    made_at: datetime
    expires_at: datetime
    events: Sequence[Mapping[str, Any]]

    def signed(self, key: OKPKey) -> str:
        """Give the file's content."""
        claims = {
            "id": self.id,
            "iss": self.sender,
            "aud": self.agency,
            "iat": self.made_at,
            "exp": self.expires_at,
            "events": self.events,
        }
        content = orjson.dumps(claims, option=orjson.OPT_UTC_Z)
        return jws.serialize_compact({"alg": "Ed25519", "typ": TYPE}, content, key, registry=REGISTRY)

    @classmethod
    def opened(cls, content: str, key: OKPKey, at: datetime) -> Bundle:
        """Read a file that another gateway has signed.

        Raises:
            BundleRefusedError: `not-genuine` (altered, or not signed with this key), `malformed`, `expired`.
        """
        try:
            opened = jws.deserialize_compact(content.strip(), key, registry=REGISTRY)
        except (JoseError, ValueError, TypeError):
            raise BundleRefusedError("not-genuine") from None
        if opened.headers().get("typ") != TYPE:
            raise BundleRefusedError("malformed")
        try:
            claims = orjson.loads(opened.payload)
            bundle = cls(
                id=str(claims["id"]),
                sender=str(claims["iss"]),
                agency=AgencyId(claims["aud"]),
                made_at=datetime.fromisoformat(claims["iat"]),
                expires_at=datetime.fromisoformat(claims["exp"]),
                events=[{**event, "id": str(event["id"])} for event in claims["events"]],
            )
        except (ValueError, KeyError, TypeError):
            raise BundleRefusedError("malformed") from None
        if bundle.expires_at <= at:
            raise BundleRefusedError("expired")
        return bundle


def signing_key(log_seed: bytes) -> OKPKey:
    """Give the key that signs this deployment's bundles, one of its own beneath the log's."""
    seed = derive(log_seed, "obmin bundles")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": _text(seed), "x": _text(public)})


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
