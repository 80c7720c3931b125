"""The vocabulary of one country, read from `library/vocabulary.toml`: what every word means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict

from contracts.reading import ContractInvalidError, Day, Fault, Page, Whole, YesNo, read, suggest
from contracts.reasons import Reason
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
class FieldWords(Wording):
    """A field: what kind it is, how sensitive (Law 2297-VI art. 7), and which sources may hold it."""

    category: str
    sensitivity: Literal["plain", "personal", "special"]
    type: Literal["text", "code", "yes-no", "date", "list"]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ReasonWords(Wording):
    """Why something was not given, and the next step of the one who asked."""

    next: Wording


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
    """Every word that contracts, sources and answers may use. `majority` is in whole years."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    majority: Whole
    purposes: Mapping[Purpose, PurposeWords]
    sources: Mapping[Source, Wording]
    categories: Mapping[str, Wording]
    fields: Mapping[Field, FieldWords]
    folds: Mapping[str, Mapping[str, str]]
    schemes: Mapping[Scheme, SchemeWords]
    reasons: Mapping[str, ReasonWords]

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read the vocabulary, or raise `ContractInvalidError` that names every line at fault."""
        page = read(path, cls)
        faults = (*_field_faults(page), *_scheme_faults(page), *_reason_faults(page))
        if faults:
            raise ContractInvalidError(faults)
        return page.content


def _field_faults(page: Page[Vocabulary]) -> tuple[Fault, ...]:
    words = page.content
    strays = [
        (
            ("fields", name, "category"),
            f'unknown category "{field.category}"',
            words.categories,
            field.category,
        )
        for name, field in words.fields.items()
        if field.category not in words.categories
    ] + [
        (("fields", name, "sources"), f'unknown source "{source}"', words.sources, source)
        for name, field in words.fields.items()
        for source in field.sources
        if source not in words.sources
    ]
    return tuple(page.fault(path, wrong, suggest(word, known)) for path, wrong, known, word in strays)


def _scheme_faults(page: Page[Vocabulary]) -> tuple[Fault, ...]:
    return tuple(
        page.fault(("schemes", name, "pattern"), "not a regular expression", "try it out first")
        for name, scheme in page.content.schemes.items()
        if not _is_pattern(scheme.pattern)
    )


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _reason_faults(page: Page[Vocabulary]) -> tuple[Fault, ...]:
    missing = [reason for reason in Reason if reason not in page.content.reasons]
    return tuple(
        page.fault(("reasons",), f'the reason "{reason}" has no wording', f"add [reasons.{reason}]")
        for reason in missing
    )
