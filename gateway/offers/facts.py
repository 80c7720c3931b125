"""What a person's history says for the criteria of offers: her age, sex, family and factors, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from contracts.vocabulary import Identity, PersonName
from gateway.consent.ground import age_of
from gateway.offers.search import Wanted
from gateway.offers.taxonomy import Facts


def informed(wanted: Wanted, values: Mapping[str, Any], facts: Facts, today: date) -> Wanted:
    """Fill in from a history what a search does not say of the person; what it says stands.

    The household is herself, who is married to her and her children who are not of age: what civil status
    knows. A field that is not there says nothing.
    """
    age = age_of(_day(values.get(facts.age)), today)
    children = sorted(_ages(values, facts, today))
    relatives = values.get(facts.relatives)
    married = sum(each["kinship"] in facts.household - facts.children for each in relatives or ())
    return replace(
        wanted,
        age=wanted.age if wanted.age is not None else age,
        sex=wanted.sex or str(values.get(facts.sex, "")),
        factors=wanted.factors or frozenset(_factors(values, facts, age)),
        household=wanted.household or (None if relatives is None else 1 + married + len(children)),
        youngest=wanted.youngest if wanted.youngest is not None else next(iter(children), None),
    )


def _ages(values: Mapping[str, Any], facts: Facts, today: date) -> Iterator[int]:
    for relative in values.get(facts.relatives) or ():
        age = age_of(_day(relative["birth_date"]), today)
        if relative["kinship"] in facts.children and age is not None and age < facts.of_age:
            yield age


def _factors(values: Mapping[str, Any], facts: Facts, age: int | None) -> Iterator[str]:
    if age is not None and age >= facts.old.begins:
        yield facts.old.factor
    for each in facts.factors:
        said = values.get(each.field)
        if said is not None and (not each.says or said in each.says):
            yield each.factor


def self_of(values: Mapping[str, Any], facts: Facts) -> Identity | None:
    """Give how the person herself is named where others name her; None where the history does not say."""
    born = _day(values.get(facts.age))
    if born is None or not all(name in values for name in facts.names):
        return None
    family, given = (str(values[name]) for name in facts.names)
    return Identity(name=PersonName(family, given), birth_date=born)


def family_of(values: Mapping[str, Any], facts: Facts) -> Iterator[Identity]:
    """Give those of the household whom a history names, by name and birth date."""
    for relative in values.get(facts.relatives) or ():
        born = _day(relative.get("birth_date"))
        if relative["kinship"] in facts.household and born is not None:
            name = PersonName(relative["family_name"], relative["given_name"])
            yield Identity(name=name, birth_date=born)


def _day(value: object) -> date | None:
    """Read a date; a contract may have made it coarser, and then it is none."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
