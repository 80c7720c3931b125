"""How to read the veterans' register: the law's words for categories and needs become codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import coded, known, load_codes
from adapters.protocols.reading import Reader, person
from contracts.vocabulary import Field, Identity

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the person answered about."""
    return person(
        {"rnokpp": answer.get("rnokpp"), "unzr": answer.get("unzr")},
        answer["surname"],
        answer["givenName"],
        answer.get("patronymic"),
        read_date(answer["birthDate"]),
    )


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("veteran.category"): lambda answer: coded(CODES["category"], answer["category"]),
    Field("veteran.since"): lambda answer: read_date(answer["grantedOn"]),
    Field("veteran.certificate_valid"): lambda answer: known(CODES["state"], answer["certificate"]["state"]),
    Field("veteran.needs"): lambda answer: tuple(known(CODES["need"], need) for need in answer["needs"]),
}
