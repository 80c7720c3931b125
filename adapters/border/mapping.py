"""How to read one candidate of the border database: names in capitals, dates as dd.mm.yyyy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date, read_sex
from adapters.protocols.crosswalk import coded, load_codes
from adapters.protocols.reading import Reader, boolean, optional, person, text
from contracts.vocabulary import Field, Identity


def whose(answer: Any) -> Identity:
    """Give the identity of the traveller: a name and a birth date, no number."""
    return person(
        {}, answer["lastName"], answer["firstName"], answer.get("patronymic"), read_date(answer["birthDate"])
    )


def last(answer: Any, member: str) -> Any:
    """Give one member of the last crossing; None for someone who has never crossed."""
    crossing = answer.get("lastCrossing")
    return crossing[member] if crossing else None


def away(answer: Any, days: int) -> bool | None:
    """Say whether the person has been abroad for more than so many days: all that a decision needs.

    None where the registry says that she is abroad and not since when.
    """
    if not boolean(answer["abroad"]):
        return False
    left = last(answer, "crossedAt")
    return (datetime.now(UTC).date() - read_date(left)).days > days if left else None


CODES: Final = load_codes(Path(__file__).parent / "codes.toml")
IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("person.family_name"): lambda answer: text(answer["lastName"]),
    Field("person.given_name"): lambda answer: text(answer["firstName"]),
    Field("person.patronymic"): lambda answer: text(answer.get("patronymic")),
    Field("person.birth_date"): lambda answer: read_date(answer["birthDate"]),
    Field("person.sex"): lambda answer: read_sex(answer["sex"]),
    Field("border.abroad"): lambda answer: boolean(answer["abroad"]),
    Field("border.abroad_over_30_days"): lambda answer: away(answer, 30),
    Field("border.abroad_over_90_days"): lambda answer: away(answer, 90),
    Field("border.last_direction"): lambda answer: coded(CODES["direction"], last(answer, "direction")),
    Field("border.last_crossed_on"): lambda answer: optional(last(answer, "crossedAt"), read_date),
    Field("border.checkpoint"): lambda answer: text(last(answer, "checkpoint")),
}
