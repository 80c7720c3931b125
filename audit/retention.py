"""How long people can be found in the record, by class of entries: read from `retention.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict

from audit.event import Kind
from contracts.reading import ContractInvalidError, Whole, read

OURS = Path(__file__).parent / "retention.toml"
LEAST = 1
"""Years after the end of an entry's own year for which it is kept at least."""


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """Some kinds of entries, and for how many years they keep a person findable."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kinds: tuple[Kind, ...]
    years: Whole


@dataclass(frozen=True, slots=True)
class Retention:
    """The file as a whole. A kind that no class names is kept as long as the longest."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    classes: Mapping[str, RetentionClass]

    @classmethod
    def load(cls, path: Path = OURS) -> Retention:
        """Read the file, or raise `ContractInvalidError` that names file, line and remedy."""
        page = read(path, cls)
        classes = page.content.classes
        faults = [
            page.fault(("classes", name, "years"), "shorter than the law has it", f"write {LEAST} or more")
            for name, each in classes.items()
            if each.years < LEAST
        ]
        named = [(kind, name) for name, each in classes.items() for kind in each.kinds]
        twice = {name for kind, name in named if [other for other, _ in named].count(kind) > 1}
        faults += [
            page.fault(("classes", name, "kinds"), "a kind is in two classes", "leave it in one")
            for name in sorted(twice)
        ]
        if not classes:
            faults.append(page.fault(("classes",), "there is no class", "add [classes.exchange]"))
        if faults:
            raise ContractInvalidError(tuple(faults))
        return page.content

    def years(self, kind: Kind) -> int:
        """Give for how many years entries of a kind keep a person findable."""
        named = [each.years for each in self.classes.values() if kind in each.kinds]
        return named[0] if named else max(each.years for each in self.classes.values())

    def ended(self, newest: Mapping[Kind, datetime], at: datetime) -> bool:
        """Say whether every class has run out for a person whose newest entries these are."""
        return all(kept_until(last, self.years(kind)) <= at for kind, last in newest.items())


def kept_until(newest: datetime, years: int = LEAST) -> datetime:
    """Give the instant until which an entry is kept: so many years after the end of its own year, in UTC."""
    return datetime(newest.astimezone(UTC).year + 1 + years, 1, 1, tzinfo=UTC)
