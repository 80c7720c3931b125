"""Who has signed a contract: detached JWS of both parties over its digest, two people each.

What is signed is a small statement that names the act, the contract's digest, the party and the person;
the signature travels without it (RFC 7515 appendix F) in a file beside the contract. Which key is whose
comes from the deployment's register of signatories, never from the contract or the signature.
"""

from __future__ import annotations

import json
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey
from pydantic import TypeAdapter, ValidationError

from contracts.careful import FEWEST_SIGNERS
from contracts.contract import Contract
from contracts.vocabulary import ObminError

Key: TypeAlias = ECKey | OKPKey
ALGORITHMS: Mapping[str, str] = {"Ed25519": "Ed25519", "P-256": "ES256"}
"""The one algorithm for each curve (RFC 9864, RFC 7518)."""
OPERATOR = "operator"
"""The party of the register whose people activate contracts: the gateway's own."""
TYPE = "obmin-contract"


class Act(StrEnum):
    """What a signature says: this party agrees, or this contract comes into force here."""

    SIGN = "sign"
    ACTIVATE = "activate"


class SigningError(ObminError):
    """A register, a key or a file of signatures cannot be used. Says which, never what is in it."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's signature; `jws` is the compact form without its payload."""

    act: Act
    party: str
    signer: str
    jws: str


Signatories: TypeAlias = Mapping[str, Mapping[str, Key]]
"""The register: each party's people, and each person's public key."""


def load_signatories(path: Path) -> Signatories:
    """Read the register: `[party] person = { kty = …, crv = …, x = … }`, public keys alone."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        return {
            party: {person: _public(path, person, jwk) for person, jwk in people.items()}
            for party, people in tables.items()
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise SigningError(f"{path}: {type(error).__name__}") from None


def load_private(path: Path) -> Key:
    """Read a person's private key (JWK)."""
    try:
        key = JWKRegistry.import_key(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, JoseError) as error:
        raise SigningError(f"{path}: {type(error).__name__}") from None
    if not isinstance(key, ECKey | OKPKey) or key.curve_name not in ALGORITHMS or not key.is_private:
        raise SigningError(f"{path}: not a private key on P-256 or Ed25519")
    return key


def sign(contract: Contract, act: Act, party: str, signer: str, key: Key) -> Signature:
    """Sign a contract's digest for a party."""
    algorithm = ALGORITHMS[key.curve_name]
    header = {"alg": algorithm, "kid": key.thumbprint(), "typ": TYPE}
    token = jws.serialize_compact(header, _statement(contract, act, party, signer), key, [algorithm])
    protected, _, signature = token.split(".")
    return Signature(act, party, signer, f"{protected}..{signature}")


def signatures_of(path: Path) -> tuple[Signature, ...]:
    """Read the signatures beside a contract's file; none where there is no such file."""
    beside = beside_of(path)
    try:
        return TypeAdapter(tuple[Signature, ...]).validate_json(beside.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise SigningError(f"{beside}: {type(error).__name__}") from None


def write_signatures(path: Path, signatures: Iterable[Signature]) -> None:
    """Write the signatures beside a contract's file, one for each act, party and person."""
    each = {(one.act, one.party, one.signer): asdict(one) for one in signatures}
    beside_of(path).write_bytes(orjson.dumps([each[key] for key in sorted(each)], option=orjson.OPT_INDENT_2))


def beside_of(path: Path) -> Path:
    """Name the file of signatures beside a contract's file."""
    return path.with_name(f"{path.stem}.signatures.json")


def missing(contract: Contract, signatures: Iterable[Signature], register: Signatories) -> list[str]:
    """Say what a contract lacks to be in force here, in words; nothing where it lacks nothing.

    Each party's agreement by two of the people whom the contract names, activation by two people of the
    operator. A signature that does not hold counts for nothing, and is named.
    """
    if not contract.parties:
        return ["the contract names no parties who could sign it"]
    held = list(signatures)
    broken = [one for one in held if not holds(contract, one, register)]
    sound = [one for one in held if one not in broken]
    lacking = [f"the signature of {one.signer} for {one.party} does not hold" for one in broken]
    for party in sorted(contract.parties):
        signers = {one.signer for one in sound if (one.act, one.party) == (Act.SIGN, party)}
        lacking += _lack(f"signed for {party}", signers)
    activators = {one.signer for one in sound if one.act is Act.ACTIVATE}
    return lacking + _lack("activated by the operator", activators)


def holds(contract: Contract, signature: Signature, register: Signatories) -> bool:
    """Say whether a signature is that person's, for this very contract, and hers to give."""
    key = register.get(signature.party, {}).get(signature.signer)
    if key is None or not _may_sign(contract, signature, key):
        return False
    protected, _, value = signature.jws.partition("..")
    statement = _statement(contract, signature.act, signature.party, signature.signer)
    algorithm = ALGORITHMS[key.curve_name]
    token = f"{protected}.{urlsafe_b64encode(statement).rstrip(b'=').decode()}.{value}"
    try:
        header = jws.deserialize_compact(token, key, [algorithm]).headers()
    except (JoseError, ValueError):
        return False
    return header == {"alg": algorithm, "kid": key.thumbprint(), "typ": TYPE}


def _may_sign(contract: Contract, signature: Signature, key: Key) -> bool:
    if signature.act is Act.ACTIVATE:
        return signature.party == OPERATOR
    party = contract.parties.get(signature.party)
    named = party is not None and signature.signer in party.signers
    return named and (not party.keys or key.thumbprint() in party.keys) if party else False


def _lack(what: str, people: set[str]) -> list[str]:
    fewer = len(people) < FEWEST_SIGNERS
    return [f"{what} by {len(people)} of the two people that are needed"] if fewer else []


def _statement(contract: Contract, act: Act, party: str, signer: str) -> bytes:
    said = {"act": str(act), "contract": contract.digest, "party": party, "signer": signer}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _public(path: Path, person: str, jwk: Any) -> Key:
    try:
        key = JWKRegistry.import_key(jwk)
    except (ValueError, TypeError, KeyError, JoseError):
        raise SigningError(f"{path}: the key of {person} cannot be read") from None
    if not isinstance(key, ECKey | OKPKey) or key.curve_name not in ALGORITHMS or key.is_private:
        raise SigningError(f"{path}: the key of {person} is not a public key on P-256 or Ed25519")
    return key
