"""How to read an organisation's entry: a list of one, its state in words, the end as dd.mm.yyyy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, person, required_text
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the organisation that the entry is about."""
    return person({"edrpou": answer["code"]})


def read_end(answer: Any) -> Value | None:
    """Give the day on which it ended; None while it goes on."""
    ended = answer.get("termination")
    return read_date(ended["date"]) if ended else None


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("companies.name"): lambda answer: required_text(answer["names"]["display"]),
    Field("companies.state"): lambda answer: known(CODES["state"], answer["state_text"]),
    Field("companies.ended_on"): read_end,
}
