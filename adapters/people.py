"""The simulated people of `people.toml`: who the simulators know, for the demo, the tests and conformance."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

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
    mother: str = ""
    father: str = ""
    partner: str = ""
    at_risk: bool = False

    def identity(self) -> Identity:
        """Give everything that names this person."""
        held = {"rnokpp": self.rnokpp, "unzr": self.unzr, "passport": self.passport}
        name = PersonName(self.family, self.given, self.patronymic or None)
        return Identity({Scheme(key): value for key, value in held.items() if value}, name, self.birth_date)

    def subject(self) -> Subject:
        """Give this person as one may be asked about."""
        return Subject(self.identity())


def load_people(file: Path = FILE) -> Mapping[str, Person]:
    """Give the simulated people by key, in the file's order. Raises TypeError for an unknown member."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["person"]
    return {entry["key"]: Person(**entry) for entry in entries}
