"""The agencies of a deployment: their roles and public keys, from `agencies.toml`.

Roles come from here, never from a token's own claims, so taking one away works at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.vocabulary import AgencyId, ObminError
from gateway.sealing.recipient import RecipientKey, can_seal


class Role(StrEnum):
    """What an agency may do here (interface §2)."""

    CASE_SYSTEM = "case-system"
    PARTNER = "partner"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    PERSON_PORTAL = "person-portal"


PublicKey = ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency. `signing` verifies its assertions, by key id; `recipient` is what we seal answers to."""

    id: AgencyId
    name: Mapping[str, str]
    roles: frozenset[Role]
    signing: Mapping[str, PublicKey]
    recipient: RecipientKey | None


class AgenciesError(ObminError):
    """The list of agencies cannot be used. The message names file, agency and key id."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: dict[str, str]
    roles: list[Role]
    signing: list[dict[str, str]] = Field(min_length=1)
    recipient: dict[str, str] | None = None


def load_agencies(path: Path) -> Mapping[AgencyId, Agency]:
    """Read the list; one mistake anywhere refuses the whole."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AgenciesError(f"{path}: {type(error).__name__}") from None
    return MappingProxyType({AgencyId(key): _agency(path, key, entry) for key, entry in data.items()})


def _agency(path: Path, agency_id: str, raw: Any) -> Agency:
    try:
        entry = _Entry.model_validate(raw)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors())
        raise AgenciesError(f"{path}: agency {agency_id}: {wrong}") from None
    signing = [_public(path, agency_id, jwk) for jwk in entry.signing]
    return Agency(
        id=AgencyId(agency_id),
        name=MappingProxyType(entry.name),
        roles=frozenset(entry.roles),
        signing=MappingProxyType({str(key.kid): key for key in signing}),
        recipient=_recipient(path, agency_id, entry.recipient) if entry.recipient else None,
    )


def _public(path: Path, agency_id: str, jwk: dict[str, str]) -> PublicKey:
    if "d" in jwk:
        raise AgenciesError(f"{path}: agency {agency_id}: a private key does not belong here")
    try:
        key = JWKRegistry.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError):
        raise AgenciesError(f"{path}: agency {agency_id}: not a public JWK (RFC 7517)") from None
    if not isinstance(key, ECKey | OKPKey) or not key.kid:
        raise AgenciesError(f"{path}: agency {agency_id}: use an EC or OKP key with a kid")
    return key


def _recipient(path: Path, agency_id: str, jwk: dict[str, str]) -> RecipientKey:
    key = _public(path, agency_id, jwk)
    if not can_seal(key):
        raise AgenciesError(f"{path}: agency {agency_id}: use a P-256 or X25519 key to seal to")
    return key
