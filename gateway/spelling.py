"""Values as people read them: codes in words, areas by name, dates and amounts as they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from contracts.vocabulary import Field
from contracts.words import Vocabulary

AreaName = Callable[[str], str | None]
"""Gives the name of an area whose code it is, None where it is no area's."""

CENTURY = 100


@dataclass(frozen=True, slots=True)
class Spelling:
    """Spells what fields tell, in one language. What has no words stands as the registry wrote it."""

    vocabulary: Vocabulary
    language: str
    area: AreaName

    def value(self, field: Field, value: Any) -> str:
        """Spell one value; the items of a list stand on lines of their own."""
        if isinstance(value, list | tuple):
            return "\n".join(self._item(field, item) for item in value)
        return self._item(field, value)

    def title(self, field: Field) -> str:
        """Name a field."""
        words = self.vocabulary.fields.get(field)
        return getattr(words, self.language) if words else str(field)

    def source(self, source: str) -> str:
        """Name a source."""
        words = next((words for name, words in self.vocabulary.sources.items() if name == source), None)
        return getattr(words, self.language) if words else source

    def _item(self, field: Field, item: Any) -> str:
        if isinstance(item, Mapping):
            return "; ".join(self._member(field, name, part) for name, part in item.items() if part != "")
        return self._plain(field, item)

    def _member(self, field: Field, name: str, value: Any) -> str:
        words = self.vocabulary.members.get(name)
        told = getattr(words, self.language) if words else name
        if words and words.hundredths and isinstance(value, int):
            return f"{told}: {self.amount(value)}"
        return f"{told}: {self._plain(field, value)}"

    def amount(self, hundredths: int) -> str:
        """Spell an amount of money that is counted in hundredth parts."""
        return str(format_decimal(hundredths / CENTURY, "#,##0.00", locale=self.language))

    def _plain(self, field: Field, value: Any) -> str:
        if isinstance(value, bool):
            words = self.vocabulary.values.get("yes" if value else "no")
            return getattr(words, self.language) if words else str(value)
        if isinstance(value, str):
            return self._text(field, value)
        if isinstance(value, list | tuple):
            return ", ".join(self._plain(field, each) for each in value)
        return str(value)

    def _text(self, field: Field, value: str) -> str:
        if words := self.vocabulary.of_value(field, value):
            return str(getattr(words, self.language))
        if name := self.area(value):
            return f"{name} ({value})"
        return self.day(value)

    def day(self, text: str) -> str:
        """Spell a date or a month; anything else stays as it is."""
        try:
            if len(text) == len("2026-01"):
                month = date.fromisoformat(f"{text}-01")
                return str(format_skeleton("yMMMM", month, locale=self.language))
            if len(text) == len("2026-01-31"):
                return str(format_date(date.fromisoformat(text), "long", locale=self.language))
        except ValueError:
            pass
        return text
