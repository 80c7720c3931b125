"""How to read what aid a person has received; dates as yyyy.mm.dd, quantities as whole numbers of a unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.reading import Reader, person, required_text, whole
from contracts.vocabulary import Field, Identity, Value


def whose(answer: Any) -> Identity:
    """Give the identity of the recipient."""
    said = answer["person"]
    return person(
        {"rnokpp": said.get("rnokpp"), "unzr": said.get("unzr")},
        said["familyName"],
        said["givenName"],
        born=read_date(said["birthDate"]),
    )


def read_aid(item: Any) -> Value:
    """Give one piece of aid."""
    return {
        "kind": required_text(item["kind"]),
        "category": required_text(item["category"]),
        "quantity": whole(item["quantity"]),
        "unit": required_text(item["unit"]),
        "given_on": read_date(item["givenOn"]),
    }


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("donors.aid"): lambda answer: tuple(read_aid(item) for item in answer["aid"]),
    Field("donors.last_aid_on"): lambda answer: max(
        (read_date(item["givenOn"]) for item in answer["aid"]), default=None
    ),
}
