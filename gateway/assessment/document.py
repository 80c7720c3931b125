"""The act laid out for reading: titles, rows and texts in one language, the same for page, PDF and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import Source
from gateway.assessment.act import Act, Entry, State, entries_as_json
from gateway.assessment.form import Cell, Form, Kind, Section
from gateway.assessment.prefill import Choice, Filled
from gateway.spelling import Spelling

EMPTY = Entry("", Filled())


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell as it is shown. `name` is its name in the act; `reason` says why nothing filled it."""

    name: str
    title: str
    kind: Kind
    text: str
    readable: str
    choices: Sequence[tuple[str, str]]
    entry: Entry

    @property
    def sources(self) -> Sequence[tuple[Source, str]]:
        """Whose the text is, and as of which day; nobody's where several things were told."""
        told = self.entry.filled.choices
        return sources_of(told[0]) if len(told) == 1 else ()


@dataclass(frozen=True, slots=True)
class Part:
    """A section as it is shown: its cells, or the rows of its table."""

    code: str
    title: str
    table: bool
    columns: Sequence[str]
    rows: Sequence[Sequence[Shown]]

    @property
    def filled(self) -> int:
        """How many cells have a text."""
        return sum(1 for row in self.rows for cell in row if cell.text)


def sources_of(choice: Choice) -> Sequence[tuple[Source, str]]:
    """Name the sources of a text, each once, with the day of what it told."""
    return tuple(dict.fromkeys((each.source, each.as_of[:10]) for each in choice.origins))


def lay_out(form: Form, act: Act, spelling: Spelling) -> Sequence[Part]:
    """Give the sections in the form's order, in the language of `spelling`."""
    return [_part(form, code, section, act, spelling) for code, section in form.sections.items()]


def _part(form: Form, code: str, section: Section, act: Act, spelling: Spelling) -> Part:
    language = spelling.language

    def shown(name: str, cell: Cell) -> Shown:
        entry = act.entries.get(name, EMPTY)
        choices = [(each, form.choices[each].told(language)) for each in cell.choices]
        readable = _readable(cell, entry.text, dict(choices), spelling)
        return Shown(name, cell.told(language), cell.kind, entry.text, readable, choices, entry)

    rows = (
        [
            [shown(f"{code}.{row}.{name}", cell) for name, cell in section.cells.items()]
            for row in range(_rows(code, act))
        ]
        if section.rows_from
        else [[shown(f"{code}.{name}", cell)] for name, cell in section.cells.items()]
    )
    columns = [cell.told(language) for cell in section.cells.values()]
    return Part(code, section.told(language), bool(section.rows_from), columns, rows)


def _rows(code: str, act: Act) -> int:
    found = [int(name.split(".")[1]) for name in act.entries if name.startswith(f"{code}.")]
    return max(found, default=-1) + 1


def _readable(cell: Cell, text: str, choices: Mapping[str, str], spelling: Spelling) -> str:
    if cell.kind is Kind.CHOICE:
        return choices.get(text, text)
    return spelling.day(text) if cell.kind is Kind.DATE else text


def as_json(form: Form, act: Act) -> dict[str, Any]:
    """Write the act for another system: cells by name, provenance with each; the form says what they mean."""
    return {
        "id": act.id,
        "form": {"id": act.form, "version": act.form_version, "citation": form.citation.model_dump()},
        "case": act.case,
        "exchange_id": act.exchange_id,
        "official": act.official,
        "language": act.language,
        "state": act.state.value,
        "completed": act.state is State.COMPLETED,
        "version": act.version,
        "begun_at": act.begun_at,
        "changed_at": act.changed_at,
        "cells": entries_as_json(act.entries),
    }
