"""How well a candidate fits the person asked about: a number and its reasons, never a decision.

Two people with one name and one birth date exist. Nothing here merges anybody with anybody: what is weighed
is told to a human who can ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from adapters.base import Likeness
from adapters.normal import identifier_key, name_key
from contracts.vocabulary import Identity, PersonName

CERTAIN: Final = 100
DOUBTFUL: Final = 10
"""What an equal number is worth, and the most that anybody with another number gets."""

WEIGHTS: Final = {
    "family-name-equal": 35,
    "family-name-near": 20,
    "given-name-equal": 25,
    "given-name-near": 15,
    "names-exchanged": 40,
    "patronymic-equal": 10,
    "patronymic-absent": 0,
    "patronymic-differs": -20,
    "birth-date-equal": 30,
    "birth-date-exchanged": 15,
    "birth-date-absent": 0,
    "birth-date-differs": -20,
    "family-name-differs": -20,
    "given-name-differs": -20,
    "name-absent": 0,
}


def weigh(asked: Identity, candidate: Identity) -> Likeness:
    """Say how well a candidate fits. An equal number is certain, a different one outweighs the rest."""
    shared = asked.identifiers.keys() & candidate.identifiers.keys()
    equal = {
        scheme
        for scheme in shared
        if identifier_key(asked.identifiers[scheme]) == identifier_key(candidate.identifiers[scheme])
    }
    reasons = [*_names(asked.name, candidate.name), _birth(asked.birth_date, candidate.birth_date)]
    confidence = min(max(sum(WEIGHTS[reason] for reason in reasons), 0), CERTAIN - 1)
    if equal != shared:
        return Likeness(min(confidence, DOUBTFUL), ("number-differs", *reasons))
    if equal:
        return Likeness(CERTAIN, ("number-equal", *reasons))
    return Likeness(confidence, tuple(reasons))


def _names(asked: PersonName | None, candidate: PersonName | None) -> Iterator[str]:
    if asked is None or candidate is None:
        yield "name-absent"
        return
    family, given = name_key(asked.family), name_key(asked.given)
    other_family, other_given = name_key(candidate.family), name_key(candidate.given)
    if family != given and (family, given) == (other_given, other_family):
        yield "names-exchanged"
    else:
        yield f"family-name-{_degree(family, other_family)}"
        yield f"given-name-{_degree(given, other_given)}"
    if not asked.patronymic or not candidate.patronymic:
        yield "patronymic-absent"
    else:
        same = name_key(asked.patronymic) == name_key(candidate.patronymic)
        yield "patronymic-equal" if same else "patronymic-differs"


def _degree(one: str, other: str) -> str:
    if one == other:
        return "equal"
    return "near" if is_near(one, other) else "differs"


def _birth(asked: date | None, candidate: date | None) -> str:
    if asked is None or candidate is None:
        return "birth-date-absent"
    if asked == candidate:
        return "birth-date-equal"
    exchanged = (asked.year, asked.day, asked.month) == (candidate.year, candidate.month, candidate.day)
    return "birth-date-exchanged" if exchanged else "birth-date-differs"


def is_near(one: str, other: str) -> bool:
    """Say whether one letter more, less, other, or two neighbours exchanged is all that differs."""
    if abs(len(one) - len(other)) > 1:
        return False
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    at = next((i for i, (a, b) in enumerate(zip(longer, shorter, strict=False)) if a != b), len(shorter))
    if len(longer) > len(shorter):
        return longer[at + 1 :] == shorter[at:]
    exchanged = longer[at : at + 2] == shorter[at : at + 2][::-1] and longer[at + 2 :] == shorter[at + 2 :]
    return longer[at + 1 :] == shorter[at + 1 :] or exchanged
