"""Seal fields for one recipient: a JWE that no proxy, log or database between can read.

Every sealed field of an answer travels in one JWE (RFC 7516, compact): a key agreement per field
would cost thirty times as much. Inside stand also the exchange, the contract, the recipient and the
time, so that fields cannot be shown as those of another answer. A JWE says nothing of its sender:
that is what the receipt is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeGuard

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, OKPKey

from contracts.contract import Mandate
from contracts.vocabulary import AgencyId, ExchangeId, Field, ObminError
from gateway.disclosure import Disclosure
from gateway.sealing.keys import EnvelopeBrokenError

KEY_MANAGEMENT, ENCRYPTION, TYPE = "ECDH-ES+A256KW", "A256GCM", "obmin-sealed+json"
REGISTRY = JWERegistry(algorithms=[KEY_MANAGEMENT, ENCRYPTION])
HEADER = frozenset({"alg", "enc", "kid", "typ", "epk"})
"""What the protected header holds; anything else (`zip`, `crit`, `jku`) is not ours."""

CURVES: Mapping[tuple[Any, Any], type[ECKey | OKPKey]] = {
    ("EC", "P-256"): ECKey,
    ("OKP", "X25519"): OKPKey,
}

RecipientKey: TypeAlias = ECKey | OKPKey


class RecipientKeyError(ObminError):
    """A contract seals fields to this agency, and it has registered no key that can seal. Holds its id."""

    def __init__(self, agency: AgencyId) -> None:
        super().__init__(agency)
        self.agency = agency


@dataclass(frozen=True, slots=True)
class Sealed:
    """The fields that only the recipient can read, as one JWE; `value` is empty where there are none."""

    value: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a set of sealed fields belongs to: `contract` is the contract's digest."""

    agency: AgencyId
    exchange_id: ExchangeId
    contract: str


def seal_for(key: object, disclosure: Disclosure, mandate: Mandate, at: datetime) -> Sealed:
    """Seal what the contract marks `sealed`, all of it in one JWE, for the agency that asked.

    `key` is the agency's registered public key. `RecipientKeyError` if there are fields to seal and
    it is not one that can: they then leave not at all rather than open.
    """
    if not disclosure.sealed:
        return Sealed("", ())
    grant = mandate.grant
    if not can_seal(key):
        raise RecipientKeyError(grant.agency)
    binding = Binding(grant.agency, mandate.exchange_id, grant.contract.digest)
    facts = {field: [fact.as_json() for fact in said] for field, said in disclosure.sealed.items()}
    return Sealed(seal_fields(key, binding, facts, at), tuple(sorted(disclosure.sealed)))


def can_seal(key: object) -> TypeGuard[RecipientKey]:
    """Say whether fields can be sealed to a key: P-256 or X25519, meant for encryption."""
    if not isinstance(key, ECKey | OKPKey):
        return False
    return (key.key_type, key.curve_name) in CURVES and key.get("use", "enc") == "enc"


def seal_fields(key: RecipientKey, binding: Binding, fields: Mapping[Field, Any], at: datetime) -> str:
    """Give one compact JWE of all the fields, which the recipient's private key alone opens."""
    claims = {
        "aud": binding.agency,
        "exchange_id": binding.exchange_id,
        "contract": binding.contract,
        "iat": int(at.timestamp()),
        "fields": fields,
    }
    header = {"alg": KEY_MANAGEMENT, "enc": ENCRYPTION, "kid": key.kid or key.thumbprint(), "typ": TYPE}
    return jwe.encrypt_compact(header, orjson.dumps(claims), key, registry=REGISTRY)


def open_sealed(value: str, private_jwk: Mapping[str, Any], binding: Binding) -> Mapping[str, Any]:
    """Give the fields, on the recipient's side: each a list of `value`, `source` and `as_of`.

    `EnvelopeBrokenError` if the JWE does not open, or its fields are not those of `binding`.
    """
    try:
        opened = jwe.decrypt_compact(value, take_key(private_jwk), registry=REGISTRY)
        claims = orjson.loads(opened.plaintext or b"")
        said = Binding(claims["aud"], claims["exchange_id"], claims["contract"])
        header = opened.headers()
        if header.keys() == HEADER and header["typ"] == TYPE and said == binding:
            return dict(claims["fields"])
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise EnvelopeBrokenError


def create_recipient_jwk(kid: str) -> dict[str, Any]:
    """Make a private key for a recipient, as JWK.

    P-256: the Java and .NET stacks of agencies have had it for longest, and it costs us 6 % more
    than X25519.
    """
    return {**ECKey.generate_key("P-256").as_dict(private=True), "kid": kid, "use": "enc"}


def public_half(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """Give what an agency registers: the JWK without its private member."""
    return {name: value for name, value in jwk.items() if name != "d"}


def take_key(jwk: Mapping[str, Any]) -> RecipientKey:
    """Read a private key that opens what is sealed; a KeyError for one of another kind."""
    return CURVES[jwk.get("kty"), jwk.get("crv")].import_key(dict(jwk))
