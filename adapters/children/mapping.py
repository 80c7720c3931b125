"""How to read what the children's service knows of a child; of an adoption nothing is read or told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import coded, known, load_codes
from adapters.protocols.markup import as_list
from adapters.protocols.reading import Reader, optional, person, text
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")
SECRET: Final = "усинов"
"""What the word for a placement holds that is never told, however it is inflected."""


def whose(answer: Any) -> Identity:
    """Give the identity of the child answered about."""
    numbers = {
        "rnokpp": answer.get("rnokpp"),
        "unzr": answer.get("unzr"),
        "birth-certificate": answer.get("birthCertificate"),
    }
    born = read_date(answer["birthDate"])
    return person(numbers, answer["lastName"], answer["firstName"], answer.get("patronymic"), born)


def placement(answer: Any, member: str) -> str | None:
    """Give one member of the placement; None for a child who has none, or an adopted one."""
    held = answer.get("placement")
    return text(held[member]) if held and SECRET not in held["form"].casefold() else None


def read_status(item: Any) -> Value:
    """Give one status of the child."""
    return {"status": known(CODES["status"], item["name"]), "since": read_date(item["since"])}


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("child.statuses"): lambda answer: tuple(map(read_status, as_list(answer.get("status")))),
    Field("child.placement"): lambda answer: coded(CODES["placement"], placement(answer, "form")),
    Field("child.placed_on"): lambda answer: optional(placement(answer, "since"), read_date),
    Field("child.service"): lambda answer: text(answer.get("serviceName")),
}
