"""The person on the wire: what a registry is told of them, and whom its answer is about.

The only module of the adapters that opens a `Subject`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.base import SourceMisbehavedError, SourceRefusedError
from adapters.normal import identifier_key, name_key
from contracts.vocabulary import NAME, Identity, PersonName, Scheme, Source, Subject

NAME_PARTS = frozenset({"family_name", "given_name", "patronymic", "birth_date"})
"""What the scheme `name` stands for in a manifest's `[question]`; the patronymic alone is optional."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How one registry wants a person named: its elements, and our word for what goes into each.

    Of several identifiers only the first sufficient set of `needs` is sent: a registry learns no number
    that it does not need.
    """

    source: Source
    needs: Sequence[frozenset[Scheme]]
    elements: Mapping[str, str]
    date_format: str = "%Y-%m-%d"

    def say(self, subject: Subject) -> dict[str, str]:
        """Give the registry's elements and their values.

        Raises `SourceRefusedError` (`identifier-missing`) where the person cannot be named to it.
        """
        identity = subject.reveal()
        held = self._held(identity)
        for need in self.needs:
            if need <= _schemes(identity):
                said = need | (NAME_PARTS if NAME in need else frozenset())
                return {
                    element: held[word]
                    for element, word in self.elements.items()
                    if word in said and word in held
                }
        raise SourceRefusedError(self.source, "identifier-missing")

    def _held(self, identity: Identity) -> dict[str, str]:
        held = {str(scheme): value for scheme, value in identity.identifiers.items()}
        if identity.name is not None:
            held["family_name"] = identity.name.family
            held["given_name"] = identity.name.given
            if identity.name.patronymic:
                held["patronymic"] = identity.name.patronymic
        if identity.birth_date is not None:
            held["birth_date"] = identity.birth_date.strftime(self.date_format)
        return held


def _schemes(identity: Identity) -> frozenset[Scheme]:
    named = identity.name is not None and identity.birth_date is not None
    return frozenset(identity.identifiers) | ({NAME} if named else frozenset())


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
            identifier_key(asked.identifiers[scheme]) == identifier_key(answered.identifiers[scheme])
            for scheme in shared
        )
    else:
        same = asked.birth_date is not None and asked.birth_date == answered.birth_date
        same = same and _same_name(asked.name, answered.name)
    if not same:
        raise SourceMisbehavedError(source, "wrong-person")


def _same_name(one: PersonName | None, other: PersonName | None) -> bool:
    if one is None or other is None:
        return False
    if name_key(one.family) != name_key(other.family) or name_key(one.given) != name_key(other.given):
        return False
    both = one.patronymic and other.patronymic
    return not both or name_key(one.patronymic or "") == name_key(other.patronymic or "")
