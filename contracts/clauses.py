"""The clauses of a contract: who concludes it, when people are told, how often and when may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[Any, Any] = MappingProxyType({})
LONGEST_EMERGENCY = timedelta(minutes=60)
"""No contract's emergency access lasts longer than this from its declaration."""


class Tell(StrEnum):
    """Whether the person is told of a use, and when."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """When the person is told. For `later` either `after` the release or not before the day `until`.

    `article` is the one that lets her be told later, or forbids telling her at all.
    """

    tell: Tell = Tell.NOW
    after: timedelta | None = None
    until: date | None = None
    article: str = ""


TELL_NOW = NoticeRule()


@dataclass(frozen=True, slots=True)
class GroundRule:
    """A further ground of a source: what it cites, and when the person is told."""

    citation: str
    notice: NoticeRule = TELL_NOW


@dataclass(frozen=True, slots=True)
class Party:
    """Who concludes a contract: titles, a contact for people, and who signs.

    `keys` are RFC 7638 thumbprints; where there are any, no other key signs for this party.
    """

    uk: str
    en: str
    contact: str
    signers: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """On which days of the week (Monday is 1), between which minutes of the day, may be asked."""

    days: frozenset[int]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class EmergencyTerms:
    """Access with a brake: who may declare an emergency, for how long, and by when it is reviewed."""

    citation: str
    roles: frozenset[str]
    lasting: timedelta
    review: timedelta
    notice: NoticeRule = TELL_NOW


@dataclass(frozen=True, slots=True)
class Limits:
    """How often may be asked; None where nothing bounds it."""

    per_minute: int | None = None
    per_day: int | None = None


UNLIMITED = Limits()
