"""The pure evaluator: (grant, facts, time) → which fields of which source, on which ground, or why not.

Total: whatever goes wrong inside is a refusal, never a permit. Deny by default, deny wins,
unknown is deny (trust notes §1.5). The same function answers a query, its preview and its replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.contract import Permit
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source


@dataclass(frozen=True, slots=True)
class CaseFact:
    """What is known of the case named by the query."""

    open: bool
    same_person: bool
    officials: frozenset[OfficialId]


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A consent on file for this person, with its state as of `Facts`' reading.

    `until` is exclusive. `ended` is empty, or the kind of the event that ended it (`withdrawn`).
    """

    id: str
    consumer: AgencyId
    purpose: Purpose
    sources: frozenset[Source]
    given_at: datetime
    until: datetime
    given_by: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the evaluator may know. `age` is in whole years, None where unknown."""

    official: OfficialId
    case: CaseFact | None
    age: int | None
    consents: tuple[ConsentFact, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """`refusal` is empty or the code that refuses the whole query; else each source has its say."""

    refusal: str
    permits: Mapping[Source, Permit]
    withheld: Mapping[Source, str]
