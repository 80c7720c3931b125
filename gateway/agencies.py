"""The agencies of a deployment: their roles and public keys, from `agencies.toml`.

Roles come from here, never from a token's own claims, so taking one away works at once.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contracts.vocabulary import AgencyId, ObminError, Source
from gateway.sealing.recipient import RecipientKey, can_seal


class Role(StrEnum):
    """What an agency may do here (interface §2). A receiver takes referrals and adds to assessments."""

    CASE_SYSTEM = "case-system"
    PARTNER = "partner"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    PERSON_PORTAL = "person-portal"
    RECEIVER = "receiver"


class Right(StrEnum):
    """What beyond its role an agency may do about people at risk."""

    PROTECT = "protect"
    LIFT_PROTECTION = "lift-protection"
    SEE_PROTECTED = "see-protected"


PublicKey = ECKey | OKPKey

MEMBER: Final = r"^[^/\s]+(/[^/\s]+){2,3}$"
"""A member of the bus, `instance/class/code`, or one of its subsystems."""


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency. `signing` verifies its assertions, by key id; `recipient` is what we seal answers to.

    `members` are its names on the bus (`instance/class/code[/subsystem]`); `purposes` says which purpose
    each of its declarations in the bus's catalogue stands for; `keeps` are the registers whose owner it is.
    """

    id: AgencyId
    name: Mapping[str, str]
    roles: frozenset[Role]
    signing: Mapping[str, PublicKey]
    recipient: RecipientKey | None
    members: frozenset[str] = frozenset()
    purposes: Mapping[str, str] = field(default_factory=dict)
    rights: frozenset[Right] = frozenset()
    keeps: frozenset[Source] = frozenset()


class AgenciesError(ObminError):
    """The list of agencies cannot be used. The message names file, agency and key id."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: dict[str, str]
    roles: list[Role]
    signing: list[dict[str, str]] = Field(min_length=1)
    recipient: dict[str, str] | None = None
    members: list[Annotated[str, StringConstraints(pattern=MEMBER)]] = Field(default_factory=list)
    purposes: dict[str, str] = Field(default_factory=dict)
    rights: list[Right] = []
    keeps: list[str] = Field(default_factory=list)


def load_agencies(path: Path) -> Mapping[AgencyId, Agency]:
    """Read the list; one mistake anywhere refuses the whole."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AgenciesError(f"{path}: {type(error).__name__}") from None
    agencies = {AgencyId(key): _agency(path, key, entry) for key, entry in data.items()}
    _refuse_shared(path, agencies.values())
    return MappingProxyType(agencies)


def _refuse_shared(path: Path, agencies: Iterable[Agency]) -> None:
    """Refuse a list in which one member of the bus would be two agencies."""
    count = Counter(member for agency in agencies for member in agency.members)
    shared = sorted(member for member, times in count.items() if times > 1)
    if shared:
        raise AgenciesError(f"{path}: members of more than one agency: {', '.join(shared)}")


def agency_of(agency_id: AgencyId, raw: Any) -> Agency:
    """Read one entry that came another way than by the file.

    Raises:
        AgenciesError: a key is not a public one of a kind we take, or a member is unknown.
    """
    return _agency(Path("-"), agency_id, raw)


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
        members=frozenset(entry.members),
        purposes=MappingProxyType(entry.purposes),
        rights=frozenset(entry.rights),
        keeps=frozenset(map(Source, entry.keeps)),
    )


def _public(path: Path, agency_id: str, jwk: dict[str, str]) -> PublicKey:
    if "d" in jwk:
        raise AgenciesError(f"{path}: agency {agency_id}: a private key does not belong here")
    if jwk.get("kty") not in {"EC", "OKP"}:  # a secret is never taken for a key
        raise AgenciesError(f"{path}: agency {agency_id}: use an EC or OKP key with a kid")
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
