"""The words agencies share: who asks, why, about whom, of which source, for which field.

The lists themselves (purposes, sources, fields, identifier schemes, wording) are data:
`contracts/library/vocabulary/`. Nothing here knows a country.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NewType, TypeAlias

AgencyId = NewType("AgencyId", str)
CaseId = NewType("CaseId", str)
ExchangeId = NewType("ExchangeId", str)
Field = NewType("Field", str)
OfficialId = NewType("OfficialId", str)
Purpose = NewType("Purpose", str)
Scheme = NewType("Scheme", str)
Source = NewType("Source", str)
SubjectRef = NewType("SubjectRef", str)

NAME = Scheme("name")
"""The scheme of a person known by name and birth date alone: it has no value of its own."""

Value: TypeAlias = "str | int | bool | date | tuple[Value, ...] | Mapping[str, Value]"
"""What one field can hold. No floats: amounts are integers of the smallest unit."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name as a document spells it; `patronymic` is absent for those who have none."""

    family: str
    given: str
    patronymic: str | None = None

    def __repr__(self) -> str:
        return "PersonName(…)"


@dataclass(frozen=True, slots=True)
class Identity:
    """The values that name one person. Never logged: its `repr` says only which kinds are there."""

    identifiers: Mapping[Scheme, str] = field(default_factory=dict)
    name: PersonName | None = None
    birth_date: date | None = None

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """Every way in which this person can be named: a name counts with a birth date alone."""
        named = (NAME,) if self.name and self.birth_date else ()
        return (*self.identifiers, *named)

    def __repr__(self) -> str:
        return f"Identity({', '.join(sorted(self.identifiers))}…)"


class Subject:
    """The person asked about: an opaque holder whose values come out by `reveal()` alone.

    The architecture tests name every file that may call `reveal()`.
    """

    __slots__ = ("_identity",)

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def reveal(self) -> Identity:
        """Give the values themselves, for the few places that must send, seal or index them."""
        return self._identity

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Subject) and self._identity == other._identity

    def __hash__(self) -> int:
        named = self._identity
        return hash((frozenset(named.identifiers.items()), named.name, named.birth_date))

    def __repr__(self) -> str:
        return "Subject(…)"

    def __reduce__(self) -> str:
        message = "a subject is not pickled"
        raise TypeError(message)


class ObminError(Exception):
    """What every refusal of ours derives from. Holds codes and names, never values."""
