"""Read a vocabulary folder: every file of it, every fault named, all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import ClassVar, TypeAlias, TypeVar
from zoneinfo import available_timezones

from pydantic import ConfigDict

from contracts.reading import ContractInvalidError, Fault, Page, Whole, read, suggest
from contracts.reasons import Reason
from contracts.vocabulary import Field, Purpose, Scheme, Source
from contracts.words import (
    CLOSED,
    FieldText,
    FieldWords,
    MemberWords,
    PurposeWords,
    ReasonWords,
    SchemeWords,
    Vocabulary,
    Wording,
)


@dataclass(frozen=True, slots=True)
class CountryText:
    """`country.toml`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    majority: Whole
    time_zone: str
    age_bands: tuple[Whole, ...]
    duties: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PurposesText:
    """`purposes.toml`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    purposes: Mapping[Purpose, PurposeWords]


@dataclass(frozen=True, slots=True)
class CategoriesText:
    """`categories.toml`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    categories: Mapping[str, Wording]


@dataclass(frozen=True, slots=True)
class IdentifiersText:
    """`identifiers.toml`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    folds: Mapping[str, Mapping[str, str]]
    schemes: Mapping[Scheme, SchemeWords]


@dataclass(frozen=True, slots=True)
class ReasonsText:
    """`reasons.toml`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    reasons: Mapping[str, ReasonWords]


@dataclass(frozen=True, slots=True)
class PhrasesText:
    """`phrases.toml`: what the tools say about contracts."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    phrases: Mapping[str, Wording]


@dataclass(frozen=True, slots=True)
class ValuesText:
    """`values.toml`: how codes are read out, and the members of a list's items."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    values: Mapping[str, Wording]
    members: Mapping[str, MemberWords]


@dataclass(frozen=True, slots=True)
class FieldsText:
    """`fields.toml`: the fields that several sources hold."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    fields: Mapping[Field, FieldText]


@dataclass(frozen=True, slots=True)
class SourceText(Wording):
    """`sources/<source>.toml`: its title, the shared fields that it holds, and its own."""

    holds: tuple[Field, ...] = ()
    fields: Mapping[Field, FieldText] = dataclass_field(default_factory=dict)


def load_vocabulary(folder: Path) -> Vocabulary:
    """Read a vocabulary folder, or raise `ContractInvalidError` that names every line at fault."""
    reading = _Reading()
    country = reading.page(folder / "country.toml", CountryText)
    purposes = reading.page(folder / "purposes.toml", PurposesText)
    categories = reading.page(folder / "categories.toml", CategoriesText)
    identifiers = reading.page(folder / "identifiers.toml", IdentifiersText)
    reasons = reading.page(folder / "reasons.toml", ReasonsText)
    shared = reading.page(folder / "fields.toml", FieldsText)
    phrases = reading.page(folder / "phrases.toml", PhrasesText)
    values = reading.page(folder / "values.toml", ValuesText)
    sources = {
        Source(path.stem): reading.page(path, SourceText)
        for path in sorted((folder / "sources").glob("*.toml"))
    }
    if not (
        country and purposes and categories and identifiers and reasons and shared and phrases and values
    ):
        raise ContractInvalidError(tuple(reading.faults))
    held = {source: page for source, page in sources.items() if page}
    reading.faults += [*_country_faults(country), *_field_faults(shared, held, categories.content)]
    reading.faults += [*_scheme_faults(identifiers), *_reason_faults(reasons)]
    if reading.faults:
        raise ContractInvalidError(tuple(reading.faults))
    return Vocabulary(
        majority=country.content.majority,
        time_zone=country.content.time_zone,
        age_bands=country.content.age_bands,
        purposes=purposes.content.purposes,
        sources={name: Wording(page.content.uk, page.content.en) for name, page in held.items()},
        categories=categories.content.categories,
        fields=_gather_fields(shared.content, held),
        folds=identifiers.content.folds,
        schemes=identifiers.content.schemes,
        reasons=reasons.content.reasons,
        phrases=phrases.content.phrases,
        duties=country.content.duties,
        values=values.content.values,
        members=values.content.members,
    )


Shape = TypeVar("Shape")
Sources: TypeAlias = Mapping[Source, Page[SourceText]]


class _Reading:
    """Reads page after page and keeps what is wrong with each, so that one reading names every fault."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def page(self, path: Path, shape: type[Shape]) -> Page[Shape] | None:
        try:
            return read(path, shape)
        except ContractInvalidError as invalid:
            self.faults += invalid.faults
            return None


def _gather_fields(shared: FieldsText, held: Sources) -> Mapping[Field, FieldWords]:
    texts = {**shared.fields, **{n: t for page in held.values() for n, t in page.content.fields.items()}}
    return {name: FieldWords(**asdict(text), sources=_holders(name, held)) for name, text in texts.items()}


def _holders(name: Field, held: Sources) -> tuple[Source, ...]:
    return tuple(
        source for source, page in held.items() if name in page.content.holds or name in page.content.fields
    )


def _country_faults(page: Page[CountryText]) -> Iterator[Fault]:
    zone = page.content.time_zone
    if zone not in available_timezones():
        yield page.fault(("time_zone",), "unknown time zone", suggest(zone, available_timezones()))


def _field_faults(shared: Page[FieldsText], held: Sources, categories: CategoriesText) -> Iterator[Fault]:
    yield from _category_faults(shared, shared.content.fields, categories)
    taken = dict.fromkeys(shared.content.fields, shared.file)
    for page in held.values():
        yield from _category_faults(page, page.content.fields, categories)
        for name in page.content.fields:
            if name in taken:
                wrong = f'"{name}" stands in {taken[name]} already'
                mend = "let fields.toml have it, and `holds` name it in both sources"
                yield page.fault(("fields", name), wrong, mend)
            taken[name] = page.file
        for name in page.content.holds:
            if name not in shared.content.fields:
                wrong = f'unknown field "{name}"'
                yield page.fault(("holds",), wrong, suggest(name, shared.content.fields))


def _category_faults(
    page: Page[Shape], fields: Mapping[Field, FieldText], known: CategoriesText
) -> Iterator[Fault]:
    for name, words in fields.items():
        if words.category not in known.categories:
            wrong = f'unknown category "{words.category}"'
            yield page.fault(("fields", name, "category"), wrong, suggest(words.category, known.categories))


def _scheme_faults(page: Page[IdentifiersText]) -> Iterator[Fault]:
    for name, scheme in page.content.schemes.items():
        if not _is_pattern(scheme.pattern):
            yield page.fault(("schemes", name, "pattern"), "not a regular expression", "try it out first")


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _reason_faults(page: Page[ReasonsText]) -> Iterator[Fault]:
    for reason in Reason:
        if reason not in page.content.reasons:
            yield page.fault(("reasons",), f'the reason "{reason}" has no wording', f"add [reasons.{reason}]")
