"""A contract: what one agency may ask for one purpose; and the proofs drawn from it.

Nouns in the order of the pull pipeline (architecture §1): `Contract` → `Grant` → `Mandate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from contracts.vocabulary import (
    AgencyId,
    CaseId,
    ExchangeId,
    Field,
    ObminError,
    OfficialId,
    Purpose,
    Source,
    SubjectRef,
)


class Basis(StrEnum):
    """The kind of a legal ground (Law 2297-VI art. 11; GDPR art. 6)."""

    CONSENT = "consent"
    LAW = "law"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field may leave: `sealed` means only as JWE to the recipient's registered key."""

    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract's part for one source.

    `basis` and `citation` name the legal ground; `required` means that a silent source refuses
    the whole query; `deadline` bounds this source; `purpose_id` is the bus's declaration of
    purpose (Trembita `Uxp-Purpose-Ids`), empty where the bus has none.
    """

    source: Source
    fields: Mapping[Field, FieldRule]
    basis: Basis
    citation: str
    required: bool
    deadline: timedelta
    purpose_id: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """One consumer, one purpose. Immutable; `digest` is `sha-256:` of its canonical JSON.

    `majority` (whole years) is the vocabulary's as it was when the contract was read, so that a
    decision can be replayed years later; eighteen is that of the Convention on the Rights of the
    Child, art. 1.
    """

    id: str
    version: int
    digest: str
    consumer: AgencyId
    purpose: Purpose
    valid_from: date
    valid_until: date
    case_required: bool
    minors: bool
    keep: timedelta
    deadline: timedelta
    terms: Mapping[Source, Terms]
    majority: int = 18


@dataclass(frozen=True, slots=True)
class Grant:
    """Proof that a contract in force covers this agency and purpose. Made by `contracts.store` alone.

    `terms` is the contract's, narrowed to what the query asked for.
    """

    contract: Contract
    agency: AgencyId
    purpose: Purpose
    terms: Mapping[Source, Terms]


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground on which one source is asked: a consent (its id) or an article of law."""

    kind: Basis
    id: str
    citation: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """What one source may be asked for and on which ground. `fields` is never empty."""

    terms: Terms
    fields: Mapping[Field, FieldRule]
    ground: Ground


@dataclass(frozen=True, slots=True)
class Mandate:
    """Proof that a ground stands for this person, now. Made by `gateway.consent` alone.

    `permits` holds the sources that may be asked, `withheld` the reason code of each other one.
    """

    grant: Grant
    exchange_id: ExchangeId
    official: OfficialId
    case: CaseId | None
    subject_ref: SubjectRef
    permits: Mapping[Source, Permit]
    withheld: Mapping[Source, str]


class NotPermittedError(ObminError):
    """No contract in force lets this agency ask this. `code` says which rule refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
