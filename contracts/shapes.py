"""A contract as its file writes it: the one description from which the JSON Schema is made, too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, WithJsonSchema
from pydantic import Field as Limit

from contracts.minimisation import Manner
from contracts.reading import Day, Whole, YesNo
from contracts.words import CLOSED, Wording

UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = r"^([1-9][0-9]{0,6}) (ms|s|min|h|d)$"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def read_duration(text: object) -> timedelta:
    """Read `72 h`, `5 s` or `1500 ms`: a whole number above zero and a unit."""
    match = re.fullmatch(DURATION, text) if isinstance(text, str) else None
    if not match:
        message = 'write a whole number and a unit, as in "72 h" (ms, s, min, h, d)'
        raise ValueError(message)
    return timedelta(seconds=int(match[1]) * UNITS[match[2]])


Duration = Annotated[
    timedelta, BeforeValidator(read_duration), WithJsonSchema({"type": "string", "pattern": DURATION})
]
Text = Annotated[str, Limit(min_length=1)]
Name = Annotated[str, Limit(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Digest = Annotated[str, Limit(pattern=r"^sha-256:[0-9a-f]{64}$")]
Thumbprint = Annotated[str, Limit(pattern=r"^[A-Za-z0-9_-]{43}$")]
Clock = Annotated[str, Limit(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Count = Annotated[Whole, Limit(ge=1)]


@dataclass(frozen=True, slots=True)
class NoticeText:
    """Whether and when the person is told, and by which article not at once or not at all."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    tell: Literal["now", "later", "never"]
    after: Duration | None = None
    until: Day | None = None
    article: str = ""


TELL_NOW = NoticeText("now")


@dataclass(frozen=True, slots=True)
class RuleText:
    """One field: whether it leaves sealed, what is told in its place, and whether an emergency opens it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    sealed: YesNo = False
    required: YesNo = False
    minimise: Manner | None = None
    keep: Annotated[Whole, Limit(ge=0)] = 0
    emergency: YesNo = False


@dataclass(frozen=True, slots=True)
class GroundText:
    """A `[terms.<source>.otherwise.<kind>]` table: a ground that may serve in the first one's place."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    citation: Text
    notice: NoticeText = TELL_NOW


GroundKind = Literal["consent", "law", "court-order", "vital-interest"]


@dataclass(frozen=True, slots=True)
class TermsText:
    """A `[terms.<source>]` table."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    basis: GroundKind
    citation: Text
    required: YesNo
    deadline: Duration
    fields: Annotated[Mapping[str, RuleText], Limit(min_length=1)]
    purpose_id: str = ""
    notice: NoticeText = TELL_NOW
    otherwise: Mapping[GroundKind, GroundText] = field(default_factory=dict)
    provider: str = ""
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class PartyText(Wording):
    """A `[parties.<agency>]` table: who concludes the contract, whom to write to, and who signs."""

    contact: Text
    signers: tuple[Name, ...] = ()
    keys: tuple[Thumbprint, ...] = ()


@dataclass(frozen=True, slots=True)
class HoursText:
    """On which days, from when and until when, in the country's time zone."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    days: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Limit(min_length=1)]
    begin: Clock
    end: Clock


@dataclass(frozen=True, slots=True)
class LimitsText:
    """How often may be asked."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    per_minute: Count | None = None
    per_day: Count | None = None


@dataclass(frozen=True, slots=True)
class EmergencyText:
    """The `[emergency]` table: who may declare one, how long it lasts, and when it must be reviewed."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    citation: Text
    roles: Annotated[tuple[Name, ...], Limit(min_length=1)]
    lasting: Duration
    review: Duration
    notice: NoticeText = TELL_NOW


@dataclass(frozen=True, slots=True)
class ContractText:
    """One consumer, one purpose."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    id: Name
    version: Count
    consumer: Name
    purpose: str
    valid_from: Day
    valid_until: Day
    case_required: YesNo
    minors: YesNo
    keep: Duration
    deadline: Duration
    terms: Annotated[Mapping[str, TermsText], Limit(min_length=1)] = field(repr=False)
    supersedes: Digest | Literal[""] = ""
    operations: Annotated[tuple[Literal["pull", "push"], ...], Limit(min_length=1)] = ("pull",)
    relations: Annotated[tuple[Name, ...], Limit(min_length=1)] = ("self",)
    deceased: YesNo = False
    selectors: Annotated[tuple[str, ...], Limit(min_length=1)] | None = None
    hours: HoursText | None = None
    limits: LimitsText | None = None
    retention: Duration | None = None
    onward: tuple[Name, ...] = ()
    transparency: Wording | None = None
    parties: Mapping[Name, PartyText] = field(default_factory=dict)
    emergency: EmergencyText | None = None


def schema(address: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a contract file, under the address where it is published.

    A TOML date is written as text there (`2026-01-31`); nothing else differs.
    """
    made = TypeAdapter(ContractText).json_schema()
    return {"$schema": SCHEMA, "$id": address, **made, "title": "Contract"}
