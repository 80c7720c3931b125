"""What offers are written with: kinds, categories, factors, age bands, areas. Read from `taxonomy.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field

FILE: Final = Path(__file__).with_name("taxonomy.toml")


class _Word(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    uk: str
    en: str


class Category(_Word):
    """What is offered: its class of social services (Law 2671-VIII art. 16) and its 5W cluster."""

    service_class: Annotated[str, Field(alias="class")]
    cluster: str


class Factor(_Word):
    """A factor of difficult life circumstances; `special` where a count by it needs more people."""

    special: bool


class AgeBand(_Word):
    """An age band by the age, in whole years, at which it begins."""

    begins: Annotated[int, Field(alias="from", ge=0)]


class Level(_Word):
    """A level of areas: `digits` characters of a code name it.

    `narrowest` is the least span of ages, in years, of an offer for one such area. Offers elsewhere in
    the same area of a `near` level are near misses. A figure about a `special` one needs more people.
    """

    level: str
    digits: int
    narrowest: int
    near: bool = False
    special: bool = False


class _Old(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    begins: Annotated[int, Field(alias="from", ge=0)]
    factor: str


class FactorFact(BaseModel):
    """A field that tells of a factor where it says one of `says`, or anything where that is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factor: str
    field: str
    says: Annotated[tuple[str | bool, ...], Field(alias="is")] = ()


class Facts(BaseModel):
    """Which fields of a history answer which criterion; `household` and `children` are words of kinship."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    age: str
    sex: str
    names: tuple[str, str]
    relatives: str
    household: frozenset[str]
    children: frozenset[str]
    of_age: int
    old: _Old
    factors: tuple[FactorFact, ...]

    @property
    def of_family(self) -> frozenset[str]:
        """Give the fields that say who she is to her family and who her family is."""
        return frozenset({self.age, self.relatives, *self.names})

    def fields(self, criteria: Collection[str]) -> frozenset[str]:
        """Give the fields that these criteria need; see `gateway.offers.search.RULES`."""
        needed = {
            "age": {self.age},
            "sex": {self.sex},
            "household": {self.relatives},
            "children": {self.relatives},
            "factor": {self.age, *(each.field for each in self.factors)},
        }
        return frozenset[str]().union(*(needed[each] for each in criteria if each in needed))


class RegisterWords(BaseModel):
    """As which source our register answers, by which fields, and by which identifiers people are found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    aid: str
    last: str
    needs: tuple[str, ...]


class Taxonomy(BaseModel):
    """Every word that an offer, a need or a report may use. Areas stand from the widest to the narrowest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: Mapping[str, _Word]
    categories: Mapping[str, Category]
    factors: Mapping[str, Factor]
    age_bands: Mapping[str, AgeBand]
    sexes: Mapping[str, _Word]
    outcomes: Mapping[str, _Word]
    areas: tuple[Level, ...]
    organisations: Mapping[str, str]
    tiles: Mapping[str, tuple[int, int]]
    facts: Facts
    own_register: RegisterWords

    @classmethod
    @cache
    def load(cls) -> Self:
        """Read the file that comes with this package."""
        return cls.model_validate(tomllib.loads(FILE.read_text("utf-8")))

    def holds(self, scheme: str, identifier: str) -> bool:
        """Say whether an organisation's number is one of its scheme; where nothing can be checked, it is."""
        if scheme not in self.organisations:
            return False
        module = self.organisations[scheme]
        return not module or bool(import_module(f"stdnum.{module}").is_valid(identifier))

    def age_band(self, age: int) -> str:
        """Give the band of an age in whole years."""
        return max(
            (name for name, band in self.age_bands.items() if band.begins <= age),
            key=lambda name: self.age_bands[name].begins,
        )
