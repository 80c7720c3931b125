"""The form of the act, as its file describes it: sections, tables, cells, and what fills them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from contracts.vocabulary import Field as FieldName
from contracts.words import Vocabulary

FILE: Final = Path(__file__).with_name("form.toml")
MOST_ROWS: Final = 40
"""How many rows a table of the act may have."""
PRINTED: Final = frozenset({"case", "begun", "draft", "completed", "page", "source", "written", "disputed"})
"""What the printed act says of itself."""

_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
_Choice = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]


class Kind(StrEnum):
    """How a cell is written."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"


class How(StrEnum):
    """How several fields fill one cell."""

    ONE = "one"
    JOIN = "join"
    EACH = "each"


class Words(BaseModel):
    """A text in the languages that people read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uk: str
    en: str

    def told(self, language: str) -> str:
        """Give it in one of them."""
        text: str = getattr(self, language)
        return text


class Cell(Words):
    """One cell, or one column of a table."""

    kind: Kind
    fields: Annotated[tuple[FieldName, ...], Field(alias="from")] = ()
    how: How = How.ONE
    member: tuple[str, ...] = ()
    choices: tuple[_Choice, ...] = ()


class Section(Words):
    """A section; with `rows_from` its cells are the columns of a table."""

    cells: Mapping[_Code, Cell]
    rows_from: FieldName | None = None
    more_rows: Annotated[int, Field(ge=0, le=10)] = 0


class Form(Words):
    """The whole form. `id` and `version` name it in what is kept and exported."""

    id: str
    version: int
    citation: Words
    sections: Mapping[_Code, Section]
    choices: Mapping[_Choice, Words]
    signatures: Mapping[_Code, Words]
    words: Mapping[_Code, Words]

    @field_validator("words")
    @classmethod
    def _says_all(cls, words: Mapping[str, Words]) -> Mapping[str, Words]:
        if missing := sorted(PRINTED - words.keys()):
            raise ValueError(f"no words for {', '.join(missing)}")
        return words

    @model_validator(mode="after")
    def _choices_are_worded(self) -> Self:
        offered = {
            choice
            for section in self.sections.values()
            for cell in section.cells.values()
            for choice in cell.choices
        }
        if missing := sorted(offered - self.choices.keys()):
            raise ValueError(f"no words for {', '.join(missing)}")
        return self

    def fields(self) -> frozenset[FieldName]:
        """Name every field that may fill a cell."""
        told = {name for section in self.sections.values() if (name := section.rows_from)}
        cells = (cell for section in self.sections.values() for cell in section.cells.values())
        return frozenset(told.union(*(cell.fields for cell in cells)))

    def unknown(self, vocabulary: Vocabulary) -> list[FieldName]:
        """Name the fields that no source of a vocabulary holds: a form for another country."""
        return sorted(self.fields() - vocabulary.fields.keys())

    def cell(self, name: str) -> Cell | None:
        """Find a cell by its name in an act: `section.cell`, or `section.row.cell` in a table."""
        section_code, _, rest = name.partition(".")
        row, dot, column = rest.rpartition(".")
        section = self.sections.get(section_code)
        if section is None or bool(dot) != bool(section.rows_from):
            return None
        if dot and not (row.isascii() and row.isdecimal() and row == str(int(row)) and int(row) < MOST_ROWS):
            return None
        return section.cells.get(column)


@cache
def load_form(path: Path = FILE) -> Form:
    """Read the form that comes with this package, or another."""
    return Form.model_validate(tomllib.loads(path.read_text("utf-8")))
