"""What the companies register says of an organisation that wants to help: a registry like any other."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from adapters.base import Adapter
from adapters.organisations import organisation_of
from contracts.vocabulary import AgencyId, ExchangeId, Field, Purpose, Scheme, Source, Subject
from contracts.words import Vocabulary
from gateway.collection import Finding, Status
from gateway.openly import ask_openly

STATE: Final = Field("companies.state")


class Registered(StrEnum):
    """What the register says. `unchecked` is of a number that no register of ours is asked by."""

    ACTIVE = "found-active"
    ENDING = "found-ending"
    ENDED = "found-ended"
    NOT_FOUND = "not-found"
    UNAVAILABLE = "unavailable"
    UNCHECKED = "unchecked"


REFUSED: Final = frozenset({Registered.ENDED, Registered.NOT_FOUND})
"""Whom no official may let in: there is no such organisation, or no longer.

Where the register is silent, people decide: it has been out of order for weeks in a war.
"""
SAID: Final[Mapping[str, Registered]] = {
    "active": Registered.ACTIVE,
    "ending": Registered.ENDING,
    "ended": Registered.ENDED,
}


async def look_up(
    scheme: str,
    number: str,
    adapters: Mapping[Source, Adapter],
    vocabulary: Vocabulary,
    asked_by: tuple[ExchangeId, AgencyId],
) -> Registered:
    """Ask the register that is asked by this scheme's numbers, where the deployment has one."""
    need = frozenset({Scheme(scheme)})
    register = next((each for each in adapters.values() if need in each.needs), None)
    if register is None:
        return Registered.UNCHECKED
    subject = Subject(organisation_of(scheme, number))
    found = await ask_openly(register, subject, vocabulary, Purpose("partners"), asked_by)
    return _meant(found)


def _meant(found: Finding) -> Registered:
    if found.status is Status.UNKNOWN:
        return Registered.NOT_FOUND
    if found.answer is None:
        return Registered.UNAVAILABLE
    return SAID.get(str(found.answer.values.get(STATE)), Registered.UNAVAILABLE)
