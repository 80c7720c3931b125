"""How to read ЄДЕБО's learner status; its words for status, level and form become codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date, read_sex
from adapters.protocols.crosswalk import coded, load_codes
from adapters.protocols.reading import Reader, person, text
from contracts.vocabulary import Field, Identity


def whose(answer: Any) -> Identity:
    """Give the identity of the learner answered about."""
    return person(
        {"rnokpp": answer.get("rnokpp"), "unzr": answer.get("unzr")},
        answer["surname"],
        answer["name"],
        answer.get("patronym"),
        read_date(answer["dateOfBirth"]),
    )


CODES: Final = load_codes(Path(__file__).parent / "codes.toml")
IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("person.family_name"): lambda answer: text(answer["surname"]),
    Field("person.given_name"): lambda answer: text(answer["name"]),
    Field("person.patronymic"): lambda answer: text(answer.get("patronym")),
    Field("person.birth_date"): lambda answer: read_date(answer["dateOfBirth"]),
    Field("person.sex"): lambda answer: read_sex(answer["gender"]),
    Field("education.status"): lambda answer: coded(CODES["status"], answer["education"]["statusName"]),
    Field("education.level"): lambda answer: coded(CODES["level"], answer["education"]["educationLevelName"]),
    Field("education.form"): lambda answer: coded(CODES["form"], answer["education"]["educationFormName"]),
    Field("education.institution"): lambda answer: text(answer["education"]["institutionName"]),
}
