"""How to read the employment service's answer: words for the status, так and ні, dates as dd.mm.yyyy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date, read_sex, read_yes_no
from adapters.protocols.crosswalk import coded, load_codes
from adapters.protocols.reading import Reader, optional, person, text
from contracts.vocabulary import Field, Identity


def whose(answer: Any) -> Identity:
    """Give the identity of the person answered about."""
    return person(
        {"rnokpp": answer.get("rnokpp"), "unzr": answer.get("unzr")},
        answer["lastName"],
        answer["firstName"],
        answer.get("patronymic"),
        read_date(answer["birthDate"]),
    )


CODES: Final = load_codes(Path(__file__).parent / "codes.toml")
IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("person.family_name"): lambda answer: text(answer["lastName"]),
    Field("person.given_name"): lambda answer: text(answer["firstName"]),
    Field("person.patronymic"): lambda answer: text(answer.get("patronymic")),
    Field("person.birth_date"): lambda answer: read_date(answer["birthDate"]),
    Field("person.sex"): lambda answer: read_sex(answer["sex"]),
    Field("employment.status"): lambda answer: coded(CODES["status"], answer["statusName"]),
    Field("employment.registered_on"): lambda answer: optional(answer.get("registeredOn"), read_date),
    Field("employment.centre"): lambda answer: text(answer.get("centreName")),
    Field("employment.benefit"): lambda answer: read_yes_no(answer.get("benefit")),
}
