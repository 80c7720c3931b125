"""What the gateway and an adapter say to each other: a question, a reply, and four errors.

SourceError
├── SubjectUnknownError      an answer: nobody of that name or number here
├── SourceRefusedError       our fault: they do not accept the question
├── SourceUnavailableError   ask later
└── SourceMisbehavedError    their fault: what they sent cannot be an answer to this
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

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
    Subject,
    Value,
)

UNSTATED: Final = Purpose("")
"""Of a question that no contract stands behind: a trial on a test bench."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one registry. `message_id` (UUID) goes onto the wire; `fields` is what may be read.

    `purpose_id` is the bus's declaration of purpose, `purpose` our own word. `deadline` is the event loop's
    clock (`loop.time()`) at which nobody waits any more: an ask-then-poll adapter uses it to say
    `Pending` in time.
    """

    exchange_id: ExchangeId
    message_id: str
    agency: AgencyId
    official: OfficialId
    case: CaseId | None
    purpose_id: str
    subject: Subject
    fields: frozenset[Field]
    deadline: float
    purpose: Purpose = UNSTATED


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that its crosswalk does not know, in quarantine: its field was not read.

    `code` is the registry's own text, empty where it may be of the person.
    """

    field: Field
    table: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """One person's record: exactly the fields asked for that the registry holds.

    `flags` says of a value what is doubtful about it (`check-digit`); the value is as the registry has it.
    `unknown_codes` are the fields that are held and could not be understood. `transaction_id` is the bus's
    own key for disputes (`uxp-transaction-id`), empty where none came. `message_id` is what was asked under,
    empty where that is the question's own. `drift` names the members that are new or gone
    (`adapters.protocols.shape`).
    """

    values: Mapping[Field, Value]
    as_of: datetime
    transaction_id: str = ""
    message_id: str = ""
    flags: Mapping[Field, tuple[str, ...]] = field(default_factory=dict)
    unknown_codes: tuple[UnknownCode, ...] = ()
    drift: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Answered({len(self.values)} fields)"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well one candidate fits the person asked about: 0 to 100, and what was weighed, in codes."""

    confidence: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several people fit, and none is chosen; nothing is told that identifies any of them.

    `likenesses` are of the candidates that could be read, best first: perhaps fewer than `candidates`.
    """

    candidates: int
    transaction_id: str = ""
    message_id: str = ""
    likenesses: tuple[Likeness, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """The registry took the question and has not answered yet."""

    transaction_id: str = ""
    message_id: str = ""


Reply = Answered | Ambiguous | Pending


class SourceError(ObminError):
    """An adapter's failure. `reason` is a code from the table in `adapters/README.md`, never a value.

    `message_id` is what was asked under, empty where that is the question's own; `drift` as in `Answered`.
    """

    def __init__(self, source: Source, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
        self.message_id = ""
        self.drift: frozenset[str] = frozenset()


class SubjectUnknownError(SourceError):
    """The registry does not know this person: an answer, not a fault."""


class SourceRefusedError(SourceError):
    """The registry does not accept our question; repeating it will not help. An operator must look."""


class Repeat(Enum):
    """What a failure says of asking the same again at once.

    `SAFE`: the question was certainly not acted upon. `IF_IDEMPOTENT`: it may have been, so only a question
    that changes nothing over there may be repeated. `NEVER`: the same would come of it.
    """

    NEVER = 0
    IF_IDEMPOTENT = 1
    SAFE = 2


class SourceUnavailableError(SourceError):
    """The registry cannot answer now; asking later may help.

    `after` is how many seconds it asks to be left alone, 0 where it does not say.
    """

    def __init__(
        self, source: Source, reason: str, repeat: Repeat = Repeat.NEVER, after: float = 0.0
    ) -> None:
        super().__init__(source, reason)
        self.repeat = repeat
        self.after = after


class SourceMisbehavedError(SourceError):
    """The registry sent what cannot be an answer to this question; nothing of it is used."""


class Adapter(Protocol):
    """One registry, ready to be asked.

    `ask` returns exactly the fields asked for (fewer where the registry holds none), within
    `question.deadline` where the protocol can tell, and raises only the four errors above.
    No error, and nothing it logs, holds a value of the subject. Calls run concurrently.
    """

    @property
    def source(self) -> Source:
        """The source this adapter answers for."""

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """The sets of identifiers by which a person can be found here, best first; any one suffices."""

    async def ask(self, question: Question) -> Reply:
        """Ask the registry for one person."""
