"""What a registry is put on trial with: an adapter, whom to ask about, and who can be told to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import orjson
from joserfc.jwk import ECKey

from adapters.base import Adapter, Question
from adapters.catalog import Entry
from adapters.people import (
    Organisation,
    Person,
    Place,
    load_organisations,
    load_people,
    load_places,
)
from adapters.places import PLACE
from adapters.protocols.drop_serving import Sender
from adapters.simulation import Faults
from contracts.vocabulary import AgencyId, CaseId, ExchangeId, Field, OfficialId, Scheme, Subject

PATIENCE: Final = 5.0
"""Seconds until a question's deadline, where an answer is expected."""

One = Person | Place | Organisation
"""Whom, or what, a registry may be asked about."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one check: `passed`, or `because` it did not (codes and keys of people, no values)."""

    check: str
    because: str = ""

    @property
    def passed(self) -> bool:
        """Say whether nothing was found wrong."""
        return not self.because


@dataclass(frozen=True, slots=True)
class Job:
    """A simulated nightly job and the folder that it sends to."""

    sender: Sender
    folder: Path
    key: ECKey
    day: date = date(2026, 11, 23)

    def send(self, days: int = 0, fault: str = "") -> None:
        """Send the extract of the first day, or of a later one."""
        self.sender.send(self.folder, self.key, self.day + timedelta(days=days), fault)


@dataclass(frozen=True, slots=True)
class Bench:
    """An adapter on trial.

    `faults` is None where the other side cannot be told to misbehave; one that sends extracts has a
    `nightly` job instead.
    `people` are those, or the places or organisations, that the samples tell of; the first of the samples
    is who is asked about where one is enough.
    """

    entry: Entry
    adapter: Adapter
    people: Mapping[str, One]
    faults: Faults | None
    nightly: Job | None = None

    def question(
        self, subject: Subject, fields: frozenset[str] | None = None, patience: float = PATIENCE
    ) -> Question:
        """Give a question for all fields of the manifest, or for some."""
        chosen = frozenset(self.entry.manifest.fields) if fields is None else fields
        return Question(
            exchange_id=ExchangeId("conformance"),
            message_id=str(uuid4()),
            agency=AgencyId("conformance"),
            official=OfficialId("official-1"),
            case=CaseId("CASE-1"),
            purpose_id="CONFORMANCE",
            subject=subject,
            fields=frozenset(Field(field) for field in chosen),
            deadline=asyncio.get_running_loop().time() + patience,
        )

    @property
    def main(self) -> str:
        """Give the key of whom the samples tell of first."""
        return next(iter(self.samples()))

    def samples(self) -> Mapping[str, Any]:
        """Give what the registry holds, by person, and what it means in our fields."""
        path = self.entry.folder / "samples" / "records.json"
        samples: Mapping[str, Any] = orjson.loads(path.read_bytes())
        return samples


Check = Callable[[Bench], Awaitable[str]]
"""Gives what is wrong, or an empty text."""


def whom(entry: Entry) -> Mapping[str, One]:
    """Give those of the simulation whom a registry may tell of: people, places, or organisations."""
    match entry.manifest.about:
        case "place":
            return load_places()
        case "organisation":
            return load_organisations()
        case _:
            return load_people()


def organisation_schemes() -> frozenset[Scheme]:
    """Give the schemes of the simulated organisations' numbers."""
    return frozenset(Scheme(each.scheme) for each in load_organisations().values())


def personal_values(subject: Subject) -> frozenset[str]:
    """Give every text that would betray this person: the canaries to look for.

    A place or an organisation betrays nobody.
    """
    identity = subject.reveal()
    if identity.identifiers.keys() & {PLACE, *organisation_schemes()}:
        return frozenset()
    names = (identity.name.family, identity.name.given, identity.name.patronymic) if identity.name else ()
    born = identity.birth_date
    dates = (f"{born:%Y-%m-%d}", f"{born:%d.%m.%Y}", f"{born:%Y.%m.%d}") if born else ()
    plain = {value for value in (*identity.identifiers.values(), *names, *dates) if value}
    return frozenset(plain | {value.upper() for value in plain} | {quote(value) for value in plain})
