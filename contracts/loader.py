"""Read contracts from their TOML files: every word checked against the vocabulary, every fault named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict
from pydantic import Field as Limits

from contracts.canonical import digest
from contracts.contract import Basis, Contract, FieldRule, Terms
from contracts.reading import ContractInvalidError, Day, Fault, Page, Whole, YesNo, read, suggest
from contracts.vocabulary import AgencyId, Field, Purpose, Source
from contracts.words import CLOSED, Vocabulary

VOCABULARY = "vocabulary"
"""The folder of a library that holds the words of its contracts."""

UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def read_duration(text: object) -> timedelta:
    """Read `72 h`, `5 s` or `1500 ms`: a whole number above zero and a unit."""
    match = re.fullmatch(r"([1-9][0-9]{0,6}) (ms|s|min|h|d)", text) if isinstance(text, str) else None
    if not match:
        message = 'write a whole number and a unit, as in "72 h" (ms, s, min, h, d)'
        raise ValueError(message)
    return timedelta(seconds=int(match[1]) * UNITS[match[2]])


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Text = Annotated[str, Limits(min_length=1)]
Name = Annotated[str, Limits(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


@dataclass(frozen=True, slots=True)
class RuleText:
    """One field as the file writes it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    sealed: YesNo = False


@dataclass(frozen=True, slots=True)
class TermsText:
    """A `[terms.<source>]` table as the file writes it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    basis: Literal["consent", "law"]
    citation: Text
    required: YesNo
    deadline: Duration
    fields: Annotated[Mapping[str, RuleText], Limits(min_length=1)]
    purpose_id: str = ""


@dataclass(frozen=True, slots=True)
class ContractText:
    """A contract file as it is written."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    id: Name
    version: Annotated[Whole, Limits(ge=1)]
    consumer: Name
    purpose: str
    valid_from: Day
    valid_until: Day
    case_required: YesNo
    minors: YesNo
    keep: Duration
    deadline: Duration
    terms: Annotated[Mapping[str, TermsText], Limits(min_length=1)] = field(repr=False)


def load_contract(path: Path, vocabulary: Vocabulary) -> Contract:
    """Read one contract, or raise `ContractInvalidError` that names every line at fault."""
    return _make_contract(_read_checked(path, vocabulary), vocabulary.majority)


def load_library(folder: Path) -> tuple[Vocabulary, tuple[Contract, ...]]:
    """Read a folder's vocabulary and every contract beside it.

    All or nothing: `ContractInvalidError` gathers the faults of all files, overlaps included.
    """
    vocabulary = Vocabulary.load(folder / VOCABULARY)
    pages: list[Page[ContractText]] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            pages.append(_read_checked(path, vocabulary))
        except ContractInvalidError as invalid:
            faults.extend(invalid.faults)
    faults.extend(_overlaps(pages))
    if faults:
        raise ContractInvalidError(tuple(faults))
    return vocabulary, tuple(_make_contract(page, vocabulary.majority) for page in pages)


def _read_checked(path: Path, vocabulary: Vocabulary) -> Page[ContractText]:
    page = read(path, ContractText)
    faults = (*_date_faults(page), *_word_faults(page, vocabulary), *_deadline_faults(page))
    if faults:
        raise ContractInvalidError(faults)
    return page


def _date_faults(page: Page[ContractText]) -> Iterator[Fault]:
    if page.content.valid_until < page.content.valid_from:
        yield page.fault(("valid_until",), "valid_until is before valid_from", "swap or correct the dates")


def _word_faults(page: Page[ContractText], vocabulary: Vocabulary) -> Iterator[Fault]:
    text = page.content
    if text.purpose not in vocabulary.purposes:
        wrong = f'unknown purpose "{text.purpose}"'
        yield page.fault(("purpose",), wrong, suggest(text.purpose, vocabulary.purposes))
    for source, terms in text.terms.items():
        if source not in vocabulary.sources:
            wrong = f'unknown source "{source}"'
            yield page.fault(("terms", source), wrong, suggest(source, vocabulary.sources))
        else:
            yield from _field_faults(page, Source(source), terms, vocabulary)


def _field_faults(
    page: Page[ContractText], source: Source, terms: TermsText, vocabulary: Vocabulary
) -> Iterator[Fault]:
    held = [name for name, words in vocabulary.fields.items() if source in words.sources]
    for name in terms.fields:
        path = ("terms", source, "fields", name)
        if name not in vocabulary.fields:
            yield page.fault(path, f'unknown field "{name}"', suggest(name, held))
        elif name not in held:
            yield page.fault(path, f'"{source}" does not hold "{name}"', "ask it of a source that does")


def _deadline_faults(page: Page[ContractText]) -> Iterator[Fault]:
    for source, terms in page.content.terms.items():
        if terms.deadline > page.content.deadline:
            wrong = f'"{source}" may take longer than the whole query'
            yield page.fault(
                ("terms", source, "deadline"), wrong, "shorten it, or lengthen the contract's deadline"
            )


def _overlaps(pages: Iterable[Page[ContractText]]) -> Iterator[Fault]:
    for earlier, later in combinations(pages, 2):
        one, other = earlier.content, later.content
        if (one.id, one.version) == (other.id, other.version):
            wrong = f"{earlier.file} is the same contract and version"
            yield later.fault(("version",), wrong, "give the newer one the next version")
        elif (one.consumer, one.purpose) == (other.consumer, other.purpose) and (
            one.valid_from <= other.valid_until and other.valid_from <= one.valid_until
        ):
            wrong = f"{earlier.file} is in force on some of the same days for the same consumer and purpose"
            yield later.fault(("valid_from",), wrong, "let one end the day before the other begins")


def _make_contract(page: Page[ContractText], majority: int) -> Contract:
    text = page.content
    contract = Contract(
        id=text.id,
        version=text.version,
        digest="",
        consumer=AgencyId(text.consumer),
        purpose=Purpose(text.purpose),
        valid_from=text.valid_from,
        valid_until=text.valid_until,
        case_required=text.case_required,
        minors=text.minors,
        keep=text.keep,
        deadline=text.deadline,
        terms={Source(name): _make_terms(Source(name), terms) for name, terms in text.terms.items()},
        majority=majority,
    )
    return replace(contract, digest=digest(contract))


def _make_terms(source: Source, text: TermsText) -> Terms:
    return Terms(
        source=source,
        fields={Field(name): FieldRule(sealed=rule.sealed) for name, rule in text.fields.items()},
        basis=Basis(text.basis),
        citation=text.citation,
        required=text.required,
        deadline=text.deadline,
        purpose_id=text.purpose_id,
    )
