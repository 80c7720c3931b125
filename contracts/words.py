"""The vocabulary of one country, as `contracts.glossary` reads it: what every word means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict

from contracts.reading import Day, Whole, YesNo
from contracts.vocabulary import Field, Purpose, Scheme, Source

CLOSED = ConfigDict(extra="forbid")
"""Nothing unknown is accepted."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in the two languages people read."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    uk: str
    en: str


@dataclass(frozen=True, slots=True)
class PurposeWords(Wording):
    """A purpose: its title, its W3C DPV label, and the consent text a person is shown for it."""

    dpv: str
    notice: Wording


@dataclass(frozen=True, slots=True)
class FieldText(Wording):
    """A field as a file writes it: kind, sensitivity (Law 2297-VI art. 7), the scheme of an identifier."""

    category: str
    sensitivity: Literal["plain", "personal", "special"]
    type: Literal["text", "code", "yes-no", "date", "list"]
    scheme: Scheme | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class FieldWords(FieldText):
    """A field and the sources that may hold it; a contract cannot ask it of another."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ReasonWords(Wording):
    """Why something was not given, and the next step of the one who asked."""

    next: Wording


@dataclass(frozen=True, slots=True)
class MemberWords(Wording):
    """What a member of a list's items is called; `hundredths` says that it counts hundredth parts of that."""

    hundredths: YesNo = False


@dataclass(frozen=True, slots=True)
class CheckDigit:
    """The last digit is the weighed sum of the others, taken by each of `moduli` in turn.

    The weights are used again and again where `every` is true.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    weights: tuple[Whole, ...]
    moduli: tuple[Whole, ...]
    every: YesNo = False


@dataclass(frozen=True, slots=True)
class BirthDigits:
    """The first `digits` tell the birth date: days after a day, or YYYYMMDD where there is none."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    digits: Whole
    days_after: Day | None = None


@dataclass(frozen=True, slots=True)
class SchemeWords(Wording):
    """How an identifier is written and checked; the file says how each member is read."""

    pattern: str
    strip: str = ""
    form: str = ""
    reject: tuple[str, ...] = ()
    check: CheckDigit | None = None
    birth: BirthDigits | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word that contracts, sources and answers may use.

    `majority` is in whole years; `time_zone` (an IANA name) is where the hours of a contract run;
    `age_bands` holds the first year of each band by which an age may be told; `duties` names the article
    by which an agency must be told something that holds nothing of a person.
    """

    majority: int
    time_zone: str
    age_bands: tuple[int, ...]
    purposes: Mapping[Purpose, PurposeWords]
    sources: Mapping[Source, Wording]
    categories: Mapping[str, Wording]
    fields: Mapping[Field, FieldWords]
    folds: Mapping[str, Mapping[str, str]]
    schemes: Mapping[Scheme, SchemeWords]
    reasons: Mapping[str, ReasonWords]
    phrases: Mapping[str, Wording]
    values: Mapping[str, Wording]
    members: Mapping[str, MemberWords]
    duties: Mapping[str, str] = field(default_factory=dict)

    def of_value(self, field: str, code: str) -> Wording | None:
        """Give the words for a code that a field tells, None where it has none and stands for itself."""
        return self.values.get(f"{field}:{code}") or self.values.get(code)
