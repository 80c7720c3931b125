"""A contract: what one agency may ask for one purpose; and the proofs drawn from it.

Nouns in the order of the pull pipeline (architecture §1): `Contract` → `Grant` → `Mandate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from contracts.clauses import (
    NOTHING,
    TELL_NOW,
    UNLIMITED,
    EmergencyTerms,
    GroundRule,
    Hours,
    Limits,
    NoticeRule,
    Party,
)
from contracts.vocabulary import (
    AgencyId,
    CaseId,
    ExchangeId,
    Field,
    ObminError,
    OfficialId,
    Purpose,
    Scheme,
    Source,
    SubjectRef,
)


class Basis(StrEnum):
    """The kind of a legal ground (Law 2297-VI art. 11; GDPR art. 6)."""

    CONSENT = "consent"
    LAW = "law"
    COURT_ORDER = "court-order"
    VITAL_INTEREST = "vital-interest"
    EMERGENCY = "emergency"


class Operation(StrEnum):
    """What is done under a contract: an agency asks for data, or sends them to another."""

    PULL = "pull"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field may leave.

    `sealed`: only as JWE to the recipient's registered key. `category` and `sensitivity` are the
    vocabulary's as they were when the contract was read. `required`: without it the source's answer
    is of no use to the consumer. `minimise` names what is told in its place (`contracts.minimisation`),
    of which `keep` characters stay. `emergency`: may be given on an emergency declaration.
    """

    sealed: bool = False
    category: str = ""
    sensitivity: str = "personal"
    required: bool = False
    minimise: str = ""
    keep: int = 0
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract's part for one source.

    `basis`, `citation` and `notice` are the ground it is asked on; `otherwise` holds what may serve in
    its place. `required` means that a silent source refuses the whole query; `deadline` bounds this
    source; `purpose_id` is the bus's declaration of purpose (Trembita `Uxp-Purpose-Ids`), empty where
    the bus has none; `dataset` points to the description of the source's data, `provider` names the
    party that answers for them.
    """

    source: Source
    fields: Mapping[Field, FieldRule]
    basis: Basis
    citation: str
    required: bool
    deadline: timedelta
    purpose_id: str = ""
    notice: NoticeRule = TELL_NOW
    otherwise: Mapping[Basis, GroundRule] = field(default_factory=lambda: NOTHING)
    provider: str = ""
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """One consumer, one purpose. Immutable; `digest` is `sha-256:` of its canonical JSON.

    `majority` (whole years), `time_zone` and `age_bands` (the first year of each) are the vocabulary's as
    they were when the contract was read, so that a decision can be replayed years later; eighteen is
    that of the Convention on the Rights of the Child, art. 1.

    `relations`: whose data may be asked in a case, by the relation to the case's person. `selectors`: how
    a person may be named, None for any way. `keep` is how long the gateway keeps an answer, `retention`
    how long the consumer may. `transparency` is what people read about the contract, by language.
    `supersedes` is the digest of the version before.
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
    time_zone: str = "UTC"
    age_bands: tuple[int, ...] = ()
    parties: Mapping[str, Party] = field(default_factory=lambda: NOTHING)
    operations: frozenset[Operation] = frozenset({Operation.PULL})
    relations: frozenset[str] = frozenset({"self"})
    deceased: bool = False
    selectors: frozenset[Scheme] | None = None
    hours: Hours | None = None
    limits: Limits = UNLIMITED
    retention: timedelta | None = None
    onward: frozenset[AgencyId] = frozenset()
    emergency: EmergencyTerms | None = None
    transparency: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Proof that a contract in force covers this agency and purpose. Made by `contracts.store` alone.

    `terms` is the contract's, narrowed to what the query asked for.
    """

    contract: Contract
    agency: AgencyId
    purpose: Purpose
    terms: Mapping[Source, Terms]
    operation: Operation = Operation.PULL


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground on which one source is asked: a consent or order (its id), an article of law, an emergency.

    `until` is exclusive: the instant at which it ends by itself. `notice`: when the person is told.
    """

    kind: Basis
    id: str
    citation: str
    until: datetime | None = None
    notice: NoticeRule = TELL_NOW


@dataclass(frozen=True, slots=True)
class Permit:
    """What one source may be asked for and on which ground. `fields` is never empty.

    `ground` is the one most of it rests on, `further` the ground of each field that rests on another.
    """

    terms: Terms
    fields: Mapping[Field, FieldRule]
    ground: Ground
    further: Mapping[Field, Ground] = field(default_factory=lambda: NOTHING)

    def ground_of(self, name: Field) -> Ground:
        """Give the ground on which one field leaves."""
        return self.further.get(name, self.ground)

    def grounds_of(self, names: Iterable[Field]) -> frozenset[Ground]:
        """Give the grounds on which these fields leave."""
        return frozenset(map(self.ground_of, names))


@dataclass(frozen=True, slots=True)
class Obligations:
    """What the consumer and the gateway owe for what is given.

    `retention` is how long the consumer may keep it, `onward` with whom it may be shared, `review_by`
    when an emergency must have been reviewed. `notify_representative` is false where the person's legal
    representative is the one she is protected from: then nobody but herself is told.
    """

    notices: Mapping[Source, NoticeRule] = field(default_factory=lambda: NOTHING)
    retention: timedelta | None = None
    onward: frozenset[AgencyId] = frozenset()
    review_by: datetime | None = None
    notify_representative: bool = True


NO_OBLIGATIONS = Obligations()


@dataclass(frozen=True, slots=True)
class Mandate:
    """Proof that a ground stands for this person, now. Made by `gateway.consent` alone.

    `permits` holds the sources that may be asked, `withheld` the reason code of each other one, and
    `withheld_fields` that of each field which a permitted source may not be asked for. `weighed` is what
    the decision was made of, for the record (`contracts.replay`).
    """

    grant: Grant
    exchange_id: ExchangeId
    official: OfficialId
    case: CaseId | None
    subject_ref: SubjectRef
    permits: Mapping[Source, Permit]
    withheld: Mapping[Source, str]
    withheld_fields: Mapping[Source, Mapping[Field, str]] = field(default_factory=lambda: NOTHING)
    obligations: Obligations = NO_OBLIGATIONS
    weighed: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


class NotPermittedError(ObminError):
    """No contract in force lets this agency ask this. `code` says which rule refused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
