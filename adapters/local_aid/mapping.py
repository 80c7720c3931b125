"""How to read a row of the regional register: one person, all her programmes in one cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, optional, person
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(row: Any) -> Identity:
    """Give the identity of the person whose row it is; an empty cell is no number."""
    numbers = {"rnokpp": row["РНОКПП"], "unzr": row["УНЗР"]}
    return person(numbers, row["Прізвище"], row["Ім'я"], born=read_date(row["Дата народження"]))


def read_programmes(row: Any) -> Value:
    """Give the programmes that pay her: a cell lists them with commas between."""
    return tuple(known(CODES["programme"], name.strip()) for name in row["Програми"].split(",") if name)


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("local_aid.programmes"): read_programmes,
    Field("local_aid.last_paid_on"): lambda row: optional(row["Остання виплата"], read_date),
}
