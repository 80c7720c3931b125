"""How to read ЕСОЗ: a person as its schemas have it, and the derived facts of the summary by code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from adapters.normal import read_sex
from adapters.protocols.reading import Reader, boolean, person, text
from contracts.vocabulary import Field, Identity


def fact(answer: Any, code: str, member: str) -> Any:
    """Give one member of the fact with this code; None where no such fact is on file."""
    found = answer["facts"].get(code)
    return None if found is None else found[member]


def whose(answer: Any) -> Identity:
    """Give the identity of the person answered about."""
    said = answer["person"]
    return person(
        {"rnokpp": said.get("tax_id"), "unzr": said.get("unzr")},
        said["last_name"],
        said["first_name"],
        said.get("second_name"),
        date.fromisoformat(said["birth_date"]),
    )


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("person.family_name"): lambda answer: text(answer["person"]["last_name"]),
    Field("person.given_name"): lambda answer: text(answer["person"]["first_name"]),
    Field("person.patronymic"): lambda answer: text(answer["person"].get("second_name")),
    Field("person.birth_date"): lambda answer: date.fromisoformat(answer["person"]["birth_date"]),
    Field("person.sex"): lambda answer: read_sex(answer["person"]["gender"]),
    Field("health.declaration_active"): lambda answer: boolean(fact(answer, "declaration", "value_boolean")),
    Field("health.disability_group"): lambda answer: text(fact(answer, "disability_group", "value_code")),
    Field("health.functional_assessment"): lambda answer: text(
        fact(answer, "functional_assessment", "value_code")
    ),
    Field("health.needs_care"): lambda answer: boolean(fact(answer, "care_need", "value_boolean")),
}
