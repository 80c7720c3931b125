"""How to read the register of insured persons: one for yes, nought for no, months as yyyy-mm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import coded, load_codes
from adapters.protocols.reading import Reader, boolean, person, text
from contracts.vocabulary import Field, Identity

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def whose(answer: Any) -> Identity:
    """Give the identity of the person answered about."""
    return person(
        {"rnokpp": answer.get("numident"), "unzr": answer.get("unzr")},
        answer["surname"],
        answer["name"],
        answer.get("patronymic"),
        read_date(answer["birthday"]),
    )


def read_month(value: Any) -> str | None:
    """Give a month; None where absent. Raises ValueError for anything else."""
    if (said := text(value)) and not MONTH.fullmatch(said):
        raise ValueError("not-a-month")
    return said


def insurer(answer: Any) -> Any:
    """Give the name of the last insurer; None for someone who has had none."""
    held = answer.get("insurer")
    return held["name"] if held else None


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("insured.active"): lambda answer: boolean(answer["insured"]),
    Field("insured.last_month"): lambda answer: read_month(answer.get("lastPeriod")),
    Field("insured.insurer"): lambda answer: text(insurer(answer)),
    Field("insured.pension"): lambda answer: coded(CODES["pension"], answer.get("pension")),
}
