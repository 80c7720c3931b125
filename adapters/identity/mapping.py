"""How to read the demographic register: names in capitals, ISO dates beside dd.mm.yyyy, photographs never."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date, read_sex
from adapters.protocols.crosswalk import coded, load_codes
from adapters.protocols.reading import Reader, optional, person, text
from contracts.vocabulary import Field, Identity

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the person answered about."""
    numbers = {
        "rnokpp": answer.get("rnokpp"),
        "unzr": answer.get("unzr"),
        "passport": answer.get("passport"),
        "birth-certificate": answer.get("birth_certificate"),
    }
    born = read_date(answer["date_birth"])
    return person(numbers, answer["last_name"], answer["first_name"], answer.get("middle_name"), born)


def document(answer: Any, member: str) -> Any:
    """Give one member of the document that is named first; None for someone who has none."""
    held = answer["documents"]
    return held[0][member] if held else None


def home(answer: Any, member: str) -> Any:
    """Give one member of the registration of residence; None where there is none, or it has ended."""
    registration = answer.get("registration")
    if not registration or registration["cancelregistration_date"]:
        return None
    return registration[member]


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("person.family_name"): lambda answer: text(answer["last_name"]),
    Field("person.given_name"): lambda answer: text(answer["first_name"]),
    Field("person.patronymic"): lambda answer: text(answer.get("middle_name")),
    Field("person.birth_date"): lambda answer: read_date(answer["date_birth"]),
    Field("person.sex"): lambda answer: read_sex(answer["gender"]),
    Field("identity.died_on"): lambda answer: optional(answer.get("date_death"), read_date),
    Field("identity.document"): lambda answer: coded(CODES["document"], document(answer, "type")),
    Field("identity.document_until"): lambda answer: optional(document(answer, "date_expiry"), read_date),
    Field("identity.address"): lambda answer: text(home(answer, "address")),
    Field("identity.area"): lambda answer: text(home(answer, "address_katottg")),
    Field("identity.registered_on"): lambda answer: optional(home(answer, "registration_date"), read_date),
}
