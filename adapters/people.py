"""The simulated people, places and organisations of `people.toml`: for simulators, demo and tests."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from adapters.organisations import organisation_of
from adapters.places import place_of
from contracts.vocabulary import Identity, PersonName, Scheme, Subject

FILE: Final = Path(__file__).parent / "people.toml"


@dataclass(frozen=True, slots=True)
class Person:
    """One simulated person. What she does not have is empty; `mother`, `father`, `partner` are keys."""

    key: str
    family: str
    given: str
    birth_date: date
    sex: str
    note: str
    patronymic: str = ""
    rnokpp: str = ""
    unzr: str = ""
    passport: str = ""
    birth_certificate: str = ""
    died_on: date | None = None
    mother: str = ""
    father: str = ""
    partner: str = ""
    at_risk: bool = False

    def identity(self) -> Identity:
        """Give everything that names this person."""
        held = {
            "rnokpp": self.rnokpp,
            "unzr": self.unzr,
            "passport": self.passport,
            "birth-certificate": self.birth_certificate,
        }
        name = PersonName(self.family, self.given, self.patronymic or None)
        return Identity({Scheme(key): value for key, value in held.items() if value}, name, self.birth_date)

    def subject(self) -> Subject:
        """Give this person as one may be asked about."""
        return Subject(self.identity())


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the simulation: its code in the country's codifier, and its name."""

    key: str
    katottg: str
    name: str

    def subject(self) -> Subject:
        """Give this place as one may be asked about."""
        return Subject(place_of(self.katottg))


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation of the simulation: the number that its country's register gave it."""

    key: str
    scheme: str
    number: str

    def subject(self) -> Subject:
        """Give this organisation as one may be asked about."""
        return Subject(organisation_of(self.scheme, self.number))


def load_people(file: Path = FILE) -> Mapping[str, Person]:
    """Give the simulated people by key, in the file's order. Raises TypeError for an unknown member."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["person"]
    return {entry["key"]: Person(**entry) for entry in entries}


def load_places(file: Path = FILE) -> Mapping[str, Place]:
    """Give the simulated places by key, in the file's order. Raises TypeError for an unknown member."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["place"]
    return {entry["key"]: Place(**entry) for entry in entries}


def load_organisations(file: Path = FILE) -> Mapping[str, Organisation]:
    """Give the simulated organisations by key, in the file's order; see `load_places`."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["organisation"]
    return {entry["key"]: Organisation(**entry) for entry in entries}
