"""How to read what the database of displaced persons says: status, since when, from where, in which area."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, person, text
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the person answered about."""
    said = answer["person"]
    return person(
        {"rnokpp": said.get("itn"), "unzr": said.get("unzr")},
        said["surname"],
        said["name"],
        said.get("patronymic"),
        read_date(said["birthDate"]),
    )


def is_active(answer: Any) -> Value:
    """Say whether the certificate stands."""
    return known(CODES["state"], answer["certificate"]["state"])


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("displaced.active"): is_active,
    Field("displaced.since"): lambda answer: read_date(answer["certificate"]["date"]),
    Field("displaced.from_area"): lambda answer: text(answer["abandonedPlace"]["katottg"]),
    # Where somebody lived whose certificate has ended says nothing of where she lives.
    Field("displaced.area"): lambda answer: (
        text(answer["actualPlace"]["katottg"]) if is_active(answer) else None
    ),
}
