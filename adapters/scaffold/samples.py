"""Samples of a draft: what the registry would say of a few simulated people, by names and types alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.people import Person, load_people
from adapters.scaffold.description import IDENTIFIERS, Described, Member, word_for

SAMPLED: Final = ("maria", "canary", "andrii")
SEXES: Final = ("sex", "gender")
PLAIN: Final[Mapping[str, object]] = {"date": "2025-03-01", "boolean": True, "whole": 2, "amount": 1250.5}


def invent(described: Described) -> dict[str, Mapping[str, Any]]:
    """Give a record for each sampled person, shaped as the description says."""
    people = load_people()
    return {key: _said(described, people[key]) for key in SAMPLED}


def _said(described: Described, person: Person) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for member in described.members:
        *above, leaf = member.path.split(".")
        place = said
        for step in above:
            place = place.setdefault(step, {})
        value = _value(member, person)
        place[leaf] = value if described.typed else _as_text(value)
    return said


def _value(member: Member, person: Person) -> Any:
    word = word_for(member.path)
    if word == "birth_date":
        return person.birth_date.isoformat()
    if word in IDENTIFIERS:
        return getattr(person, word)
    if word:
        return getattr(person, {"family_name": "family", "given_name": "given"}.get(word, word))
    if member.codes:
        return member.codes[0]
    if member.leaf.lower() in SEXES:
        return person.sex
    return PLAIN.get(member.type, f"{member.leaf} {person.key}")


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
