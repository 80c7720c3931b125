"""What the evaluator may know: the case, the consents, orders and emergencies, and the person's standing.

Facts are codes, references, counts and instants, never values of a person: the record keeps them,
so that a decision can be replayed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.contract import Operation
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source

SELF = "self"
"""The relation of a case's person to herself."""


class Giver(StrEnum):
    """In what capacity a consent was given: what `ConsentFact.given_by` says."""

    SELF = "self"
    PARENT = "parent"
    GUARDIAN = "guardian"


class Capacity(StrEnum):
    """Whether the person can act for herself in law."""

    ABLE = "able"
    INCAPABLE = "incapable"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CaseFact:
    """What is known of the case named by the query.

    `same_person`: the case is about the person asked about. Where it is not, `relation` says what she
    is to the person it is about (`child`), empty where nothing on file says so.
    """

    open: bool
    same_person: bool
    officials: frozenset[OfficialId]
    relation: str = ""


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A consent on file for this person, with its state as of `Facts`' reading.

    `until` is exclusive, and so is `authority_until`, the end of the parent's or guardian's right to
    consent. `ended` is empty, or the kind of the event that ended it (`withdrawn`). `categories` None
    means every category. `uses_left` counts down where a consent is for once or for a number of times.
    `same_person` is false for a consent that the query named and that is another's. `giver_is_risk`: the
    one who gave it for her is, or could be, the one she is protected from.
    """

    id: str
    consumer: AgencyId
    purpose: Purpose
    sources: frozenset[Source]
    given_at: datetime
    until: datetime
    given_by: str
    ended: str = ""
    categories: frozenset[str] | None = None
    operations: frozenset[str] = frozenset({Operation.PULL})
    authority_until: datetime | None = None
    uses_left: int | None = None
    same_person: bool = True
    giver_is_risk: bool = False


@dataclass(frozen=True, slots=True)
class OrderFact:
    """A court's order on file about this person; it stands from `since` until before `until`."""

    id: str
    citation: str
    sources: frozenset[Source]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class EmergencyFact:
    """An emergency that an official has declared. `reason_length` counts characters: the reason is no code.

    `second_factor`: the official was authenticated by one, just now. `reviews_overdue` counts the
    agency's earlier emergencies that nobody has reviewed in time.
    """

    id: str
    declared_by: OfficialId
    role: str
    reason_length: int
    second_factor: bool
    begun: datetime
    reviews_overdue: int = 0


@dataclass(frozen=True, slots=True)
class UsageFact:
    """How many exchanges there were under this contract before this one."""

    this_minute: int = 0
    this_day: int = 0


NO_USAGE = UsageFact()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the evaluator may know. `age` is in whole years, None where unknown.

    `selector` is the scheme by which the person was named. `masks` are the categories that safety hides
    for her, `lifted` those of them that a right of this official uncovers. `giver_is_risk`: a legal
    representative is one she is protected from, so that nobody but herself is told.
    """

    official: OfficialId
    case: CaseFact | None
    age: int | None
    consents: tuple[ConsentFact, ...]
    capacity: str = Capacity.ABLE
    orders: tuple[OrderFact, ...] = ()
    emergency: EmergencyFact | None = None
    usage: UsageFact = NO_USAGE
    masks: frozenset[str] = frozenset()
    lifted: frozenset[str] = frozenset()
    giver_is_risk: bool = False
    selector: str = ""
