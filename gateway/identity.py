"""Who asks: a signed assertion becomes a short token, and a token becomes a `Caller`.

RFC 7523 (private_key_jwt) over RFC 6749 §4.4, with the narrowing of RFC 8725: two signature
algorithms, keys only from our own list, every header member known, each assertion used once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from contracts.vocabulary import AgencyId, ObminError
from gateway.agencies import Agency, Right, Role

ALGORITHMS = ("EdDSA", "Ed25519", "ES256")
LIFETIME = timedelta(minutes=5)
SKEW = timedelta(seconds=60)
HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})
LARGEST = 8_192
CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """The agency asking now. Made by `Tokens.authenticate`, and by `Bus.caller` for those on the bus."""

    agency: Agency

    @property
    def id(self) -> AgencyId:
        """The agency's id."""
        return self.agency.id

    def has(self, role: Role) -> bool:
        """Say whether the agency holds this role in this deployment, now."""
        return role in self.agency.roles

    def may(self, *rights: Right) -> bool:
        """Say whether the agency holds one of these rights in this deployment, now."""
        return not self.agency.rights.isdisjoint(rights)


class UnauthenticatedError(ObminError):
    """Nobody we know. `code` goes into the record; outside all of them look alike."""

    def __init__(self, code: str, agency: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.agency = agency


class AssertionLedger(Protocol):
    """Remembers which assertions were used, over all processes."""

    async def use(self, agency: str, jti: str, until: datetime) -> bool:
        """Take note of one; False where it had been used before. Durable on return."""


class Tokens:
    """Issues and checks access tokens: JWTs of our own, at most five minutes long."""

    def __init__(
        self, agencies: Mapping[AgencyId, Agency], ledger: AssertionLedger, seed: bytes, public_url: str
    ) -> None:
        self._agencies = agencies
        self._ledger = ledger
        self._key = OKPKey.import_key(_ed25519_jwk(seed))
        self._origin = public_url
        self._audience = f"{public_url}/oauth/token"
        # A signature costs 90 µs and a token is used for minutes: what was verified is remembered.
        self._verified: OrderedDict[bytes, tuple[float, AgencyId]] = OrderedDict()

    async def issue(self, assertion: str, at: datetime) -> tuple[str, int]:
        """Exchange an assertion for an access token and its lifetime in seconds.

        Raises:
            UnauthenticatedError: whatever was wrong with it; nothing is told of which.
        """
        agency, claims = self._verify_assertion(assertion, at)
        until = datetime.fromtimestamp(claims["exp"], at.tzinfo) + SKEW
        if not await self._ledger.use(agency.id, claims["jti"], until):
            raise UnauthenticatedError("assertion-reused", agency.id)
        seconds = int(LIFETIME.total_seconds())
        token = jws.serialize_compact(
            {"alg": "Ed25519", "typ": "at+jwt"},
            json.dumps(
                {
                    "iss": self._origin,
                    "aud": self._origin,
                    "sub": agency.id,
                    "exp": int(at.timestamp()) + seconds,
                    "jti": secrets.token_urlsafe(12),
                }
            ),
            self._key,
            algorithms=["Ed25519"],
        )
        return token, seconds

    def authenticate(self, token: str, at: datetime) -> Caller:
        """Turn a bearer token into the caller it was issued to.

        Raises:
            UnauthenticatedError: not ours, altered, expired, or the agency is gone.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is None:
            known = self._verify_token(token)
            self._verified[digest] = known
            if len(self._verified) > CACHED:
                self._verified.popitem(last=False)
        expires, agency_id = known
        agency = self._agencies.get(agency_id)
        if at.timestamp() >= expires or agency is None:
            self._verified.pop(digest, None)
            raise UnauthenticatedError("token-expired" if agency else "agency-unknown", agency_id)
        return Caller(agency)

    def _verify_token(self, token: str) -> tuple[float, AgencyId]:
        header, claims = _read(token)
        if header.get("alg") != "Ed25519" or header.get("typ") != "at+jwt" or header.keys() - HEADER_MEMBERS:
            raise UnauthenticatedError("token-header")
        _check_signature(token, "Ed25519", self._key)
        if claims.get("iss") != self._origin or claims.get("aud") != self._origin:
            raise UnauthenticatedError("token-audience")
        return float(claims["exp"]), AgencyId(claims["sub"])

    def _verify_assertion(self, assertion: str, at: datetime) -> tuple[Agency, Mapping[str, Any]]:
        header, claims = _read(assertion)
        if header.keys() - HEADER_MEMBERS:
            raise UnauthenticatedError("assertion-header")
        if header.get("alg") not in ALGORITHMS:
            raise UnauthenticatedError("assertion-algorithm")
        agency = self._agencies.get(AgencyId(str(claims.get("sub"))))
        if agency is None or claims.get("iss") != claims.get("sub"):
            raise UnauthenticatedError("agency-unknown")
        keys = agency.signing
        key = keys.get(str(header.get("kid"))) if "kid" in header else next(iter(keys.values()))
        if key is None:
            raise UnauthenticatedError("key-unknown", agency.id)
        _check_signature(assertion, str(header["alg"]), key, agency.id)
        _check_claims(claims, self._audience, at, agency.id)
        return agency, claims


def _read(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Split a compact JWS, strictly: exact base64url, no duplicate members."""
    parts = token.split(".")
    if len(token) > LARGEST or len(parts) != 3:  # noqa: PLR2004  header, payload, signature
        raise UnauthenticatedError("not-a-token")
    try:
        header, claims = (json.loads(_decode(part), object_pairs_hook=_unique) for part in parts[:2])
        _decode(parts[2])
    except (ValueError, binascii.Error, RecursionError):
        raise UnauthenticatedError("not-a-token") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise UnauthenticatedError("not-a-token")
    return header, claims


def _decode(part: str) -> bytes:
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # joserfc forgives stray padding and characters (Wycheproof); we do not.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ValueError
    return raw


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _check_signature(token: str, algorithm: str, key: Any, agency: str = "") -> None:
    """Verify with the one algorithm that fits the key; `EdDSA` is the older name of Ed25519 (RFC 9864)."""
    signed, _, signature = token.rpartition(".")
    curve = getattr(key, "curve_name", "")
    name = {("ES256", "P-256"): "ES256"}.get((algorithm, curve))
    if algorithm in {"EdDSA", "Ed25519"} and curve == "Ed25519":
        name = "Ed25519"
    if name is None or not JWSRegistry.algorithms[name].verify(signed.encode(), _decode(signature), key):
        raise UnauthenticatedError("signature-wrong", agency)


def _check_claims(claims: Mapping[str, Any], audience: str, at: datetime, agency: str) -> None:
    aud, exp, jti = claims.get("aud"), claims.get("exp"), claims.get("jti")
    if aud not in (audience, [audience]):
        raise UnauthenticatedError("assertion-audience", agency)
    if not isinstance(exp, int) or isinstance(exp, bool):
        raise UnauthenticatedError("assertion-lifetime", agency)
    latest = (at + LIFETIME + SKEW).timestamp()
    if not (at - SKEW).timestamp() < exp <= latest:
        raise UnauthenticatedError("assertion-lifetime", agency)
    for name in ("nbf", "iat"):
        if not isinstance(claims.get(name, 0), int) or claims.get(name, 0) > (at + SKEW).timestamp():
            raise UnauthenticatedError("assertion-lifetime", agency)
    if not isinstance(jti, str) or not jti:
        raise UnauthenticatedError("assertion-jti", agency)


def _ed25519_jwk(seed: bytes) -> dict[str, str | list[str]]:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "d": _encode(seed), "x": _encode(public)}


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
