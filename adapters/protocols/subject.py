"""The person on the wire: what a registry is told of them, and whom its answer is about.

The only module of the adapters that opens a `Subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from adapters.base import Likeness, SourceMisbehavedError, SourceRefusedError
from adapters.likeness import weigh
from adapters.normal import identifier_key, name_key
from contracts.vocabulary import NAME, Identity, PersonName, Scheme, Source, Subject

NAME_PARTS = frozenset({"family_name", "given_name", "patronymic", "birth_date"})
"""What the scheme `name` stands for in a manifest's `[question]`; the patronymic alone is optional."""


@dataclass(frozen=True, slots=True)
class DateFormats:
    """How a registry writes dates: one format for all, and of single elements that differ (`strftime`)."""

    everywhere: str = "%Y-%m-%d"
    of: Mapping[str, str] = field(default_factory=dict)

    def write(self, element: str, value: str | date) -> str:
        """Give what goes into an element: a date in its format, a text as it is."""
        return value if isinstance(value, str) else value.strftime(self.of.get(element, self.everywhere))


class Wording:
    """How one registry wants a person named: its elements, and our word for what goes into each.

    Of several identifiers only the first sufficient set of `needs` is sent: a registry learns no number
    that it does not need.
    """

    def __init__(
        self,
        source: Source,
        needs: Sequence[frozenset[Scheme]],
        elements: Mapping[str, str],
        dates: DateFormats = DateFormats(),
    ) -> None:
        self.source = source
        self.needs = needs
        self._dates = dates
        self._by_name = any(NAME in need for need in needs)
        self._ways = [
            (_required(need), [(element, word) for element, word in elements.items() if word in _words(need)])
            for need in needs
        ]

    def say(self, subject: Subject) -> dict[str, str]:
        """Give the registry's elements and their values.

        Raises `SourceRefusedError` (`identifier-missing`) where the person cannot be named to it.
        """
        held = self._held(subject.reveal())
        for required, elements in self._ways:
            if required <= held.keys():
                return {
                    element: self._dates.write(element, held[word])
                    for element, word in elements
                    if word in held
                }
        raise SourceRefusedError(self.source, "identifier-missing")

    def _held(self, identity: Identity) -> dict[str, str | date]:
        held: dict[str, str | date] = {str(scheme): value for scheme, value in identity.identifiers.items()}
        if not self._by_name:
            return held
        if identity.name is not None:
            held["family_name"] = identity.name.family
            held["given_name"] = identity.name.given
            if identity.name.patronymic:
                held["patronymic"] = identity.name.patronymic
        if identity.birth_date is not None:
            held["birth_date"] = identity.birth_date
        return held


def _words(need: frozenset[Scheme]) -> frozenset[str]:
    """Give our words for what a set of identifiers says."""
    return need - {NAME} | NAME_PARTS if NAME in need else need


def _required(need: frozenset[Scheme]) -> frozenset[str]:
    return _words(need) - {"patronymic"}


def identity_keys(identity: Identity, needs: Sequence[frozenset[Scheme]]) -> list[str]:
    """Give a text for each set of `needs` that a person has: who has the same one is found by it."""
    names = identity.name
    held = {scheme: identifier_key(value) for scheme, value in identity.identifiers.items()}
    if names and identity.birth_date:
        held[NAME] = f"{name_key(names.family)}|{name_key(names.given)}|{identity.birth_date}"
    return [
        "&".join(f"{scheme}={held[scheme]}" for scheme in sorted(need))
        for need in needs
        if need <= held.keys()
    ]


def subject_key(source: Source, subject: Subject, needs: Sequence[frozenset[Scheme]]) -> str:
    """Give the text of the first set of `needs` that a subject has. Raises as `Wording.say` does."""
    keys = identity_keys(subject.reveal(), needs)
    if not keys:
        raise SourceRefusedError(source, "identifier-missing")
    return keys[0]


def check_person(source: Source, subject: Subject, answered: Identity) -> None:
    """Refuse an answer that is not about the person asked for.

    Identifiers held by both sides decide, and all must agree: names change, numbers do not. With none in
    common, name and birth date must. Raises `SourceMisbehavedError` (`wrong-person`), also for an
    answer that does not say whom it is about.
    """
    asked = subject.reveal()
    shared = asked.identifiers.keys() & answered.identifiers.keys()
    if shared:
        same = all(
            _same(asked.identifiers[scheme], answered.identifiers[scheme], identifier_key)
            for scheme in shared
        )
    else:
        same = asked.birth_date is not None and asked.birth_date == answered.birth_date
        same = same and _same_name(asked.name, answered.name)
    if not same:
        raise SourceMisbehavedError(source, "wrong-person")


def liken(subject: Subject, candidates: Sequence[Identity]) -> tuple[Likeness, ...]:
    """Say how well each candidate fits the person asked about, best first."""
    asked = subject.reveal()
    weighed = [weigh(asked, candidate) for candidate in candidates]
    return tuple(sorted(weighed, key=lambda likeness: (-likeness.confidence, likeness.reasons)))


def _same_name(one: PersonName | None, other: PersonName | None) -> bool:
    if one is None or other is None:
        return False
    if not _same(one.family, other.family, name_key) or not _same(one.given, other.given, name_key):
        return False
    if not one.patronymic or not other.patronymic:
        return True
    return _same(one.patronymic, other.patronymic, name_key)


def _same(one: str, other: str, key: Callable[[str], str]) -> bool:
    return one == other or key(one) == key(other)
