"""How to read the register of civil status: act records, dates as dd.mm.yyyy, names in capitals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import coded, known, load_codes
from adapters.protocols.markup import as_list
from adapters.protocols.reading import Reader, optional, person, required_text
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the person whose acts these are."""
    numbers = {
        "rnokpp": answer.get("Rnokpp"),
        "unzr": answer.get("Unzr"),
        "birth-certificate": answer.get("BirthCertificate"),
    }
    born = read_date(answer["BirthDate"])
    return person(numbers, answer["Surname"], answer["Name"], answer.get("Patronymic"), born)


def act(answer: Any, name: str, member: str) -> Any:
    """Give one member of one act record; None where there is no such act."""
    record = answer.get(name)
    return record[member] if record else None


def read_relative(item: Any) -> Value:
    """Give one relative, as the act of the family's assessment lists them."""
    return {
        "kinship": known(CODES["kinship"], item["Kinship"]),
        "family_name": required_text(item["Surname"]),
        "given_name": required_text(item["Name"]),
        "birth_date": read_date(item["BirthDate"]),
    }


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("civil.marital_status"): lambda answer: coded(CODES["state"], answer.get("MaritalState")),
    Field("civil.married_on"): lambda answer: optional(act(answer, "MarriageAct", "ActDate"), read_date),
    Field("civil.relatives"): lambda answer: tuple(map(read_relative, as_list(answer.get("Relative")))),
    Field("civil.died_on"): lambda answer: optional(act(answer, "DeathAct", "DeathDate"), read_date),
}
