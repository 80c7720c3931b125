"""Fill the form from an answer: each cell with whose it is, conflicts side by side, gaps explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import Field, Source
from contracts.words import Vocabulary
from gateway.assessment.form import MOST_ROWS, Cell, Form, How, Kind, Section
from gateway.assessment.told import Fact, Told
from gateway.spelling import Spelling

NOT_ASKED = "not-asked"
NOT_TOLD = "not-told"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text comes from: a field of a source, as of a day; `sealed` where it travelled sealed."""

    source: Source
    field: Field
    as_of: str
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several texts that sources tell for one cell."""

    text: str
    origins: tuple[Origin, ...]

    def __repr__(self) -> str:
        return f"Choice({', '.join(origin.source for origin in self.origins)})"


@dataclass(frozen=True, slots=True)
class Filled:
    """One cell as it was filled. Several `choices` are a conflict, for people to settle; none has a `reason`.

    `reason` is empty for a cell that no registry could fill.
    """

    choices: tuple[Choice, ...] = ()
    reason: str = ""


def prefill(form: Form, told: Told, vocabulary: Vocabulary, spelling: Spelling) -> Mapping[str, Filled]:
    """Give every cell of the act by name (`section.cell`, `section.row.cell`)."""
    filling = _Filling(told, vocabulary, spelling)
    cells: dict[str, Filled] = {}
    for code, section in form.sections.items():
        if section.rows_from:
            cells |= filling.rows(code, section, section.rows_from)
        else:
            cells |= {f"{code}.{name}": filling.cell(cell) for name, cell in section.cells.items()}
    return cells


@dataclass(frozen=True, slots=True)
class _Filling:
    told: Told
    vocabulary: Vocabulary
    spelling: Spelling

    def cell(self, cell: Cell) -> Filled:
        facts = [fact for field in cell.fields for fact in self.told.facts.get(field, ())]
        texts = [(self._text(cell, fact), fact) for fact in facts]
        texts = [(text, fact) for text, fact in texts if text]
        if not texts:
            return Filled(reason=self._gap(cell))
        match cell.how:
            case How.EACH:
                lines = "\n".join(f"{self.spelling.title(fact.field)}: {text}" for text, fact in texts)
                return Filled((Choice(lines, tuple(_origin(fact) for _, fact in texts)),))
            case How.JOIN:
                return Filled(_merged(self._joined(cell, texts)))
            case How.ONE:
                return Filled(_merged(Choice(text, (_origin(fact),)) for text, fact in texts))

    def rows(self, code: str, section: Section, field: Field) -> Mapping[str, Filled]:
        """Give the table's cells: the person's own row, one for each item told, some left for others."""
        cells = {f"{code}.0.{name}": self.cell(cell) for name, cell in section.cells.items()}
        items = [
            (item, fact)
            for fact in self.told.facts.get(field, ())
            for item in fact.value
            if isinstance(item, Mapping)
        ][: MOST_ROWS - 1 - section.more_rows]
        for row, (item, fact) in enumerate(items, 1):
            for name, cell in section.cells.items():
                cells[f"{code}.{row}.{name}"] = self._of_item(cell, item, fact)
        for row in range(len(items) + 1, len(items) + 1 + section.more_rows):
            cells |= {f"{code}.{row}.{name}": Filled() for name in section.cells}
        return cells

    def _of_item(self, cell: Cell, item: Mapping[str, Any], fact: Fact) -> Filled:
        parts = [self._spelt(cell, fact.field, item[name]) for name in cell.member if item.get(name)]
        if not parts:
            return Filled()
        return Filled((Choice(" ".join(parts), (_origin(fact),)),))

    def _joined(self, cell: Cell, texts: Sequence[tuple[str, Fact]]) -> Iterator[Choice]:
        """Give the parts of one value together, source by source: two registries' parts are never mixed."""
        by_source: dict[Source, dict[Field, tuple[str, Fact]]] = {}
        for text, fact in texts:
            by_source.setdefault(fact.source, {})[fact.field] = (text, fact)
        undisputed = {
            field: next(pair for pair in texts if pair[1].field == field)
            for field in cell.fields
            if len({_alike(text) for text, fact in texts if fact.field == field}) == 1
        }
        if len({fact.field for _, fact in texts}) == len(undisputed):
            parts = [undisputed[field] for field in cell.fields if field in undisputed]
            yield Choice(" ".join(text for text, _ in parts), tuple(_origin(fact) for _, fact in parts))
            return
        for said in by_source.values():
            parts = [found for field in cell.fields if (found := said.get(field) or undisputed.get(field))]
            yield Choice(" ".join(text for text, _ in parts), tuple(_origin(fact) for _, fact in parts))

    def _text(self, cell: Cell, fact: Fact) -> str:
        return self._spelt(cell, fact.field, fact.value)

    def _spelt(self, cell: Cell, field: Field, value: Any) -> str:
        if cell.kind is Kind.DATE and isinstance(value, str):
            return value  # as the machine spells it: the page shows it as people do
        return self.spelling.value(field, value)

    def _gap(self, cell: Cell) -> str:
        """Say why no field filled it, empty where none could: the reason of the first that might have."""
        if not cell.fields:
            return ""
        reasons = [self.told.withheld[field] for field in cell.fields if field in self.told.withheld]
        sources = [
            source
            for field in cell.fields
            if field in self.vocabulary.fields
            for source in self.vocabulary.fields[field].sources
            if source in self.told.asked
        ]
        reasons += [self.told.silent[source] for source in sources if source in self.told.silent]
        return next(iter(reasons), NOT_TOLD if sources else NOT_ASKED)


def _merged(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Set what disagrees side by side; who tells the same is named beside it."""
    alike: dict[str, Choice] = {}
    for choice in choices:
        known = alike.get(_alike(choice.text))
        origins = (*known.origins, *choice.origins) if known else choice.origins
        alike[_alike(choice.text)] = Choice(known.text if known else choice.text, origins)
    return tuple(alike.values())


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())


def _origin(fact: Fact) -> Origin:
    return Origin(fact.source, fact.field, fact.as_of, fact.sealed)
