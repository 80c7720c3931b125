"""Spellings made equal, for comparison only: what a registry wrote is never rewritten.

Registries disagree on apostrophes, letter case, Latin look-alikes, date order and the word for a sex.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final

MARKS: Final = str.maketrans("-‐‑–—", "     ", "'’‘`ʼʹ´′")
"""Dashes become blanks, apostrophes nothing."""

CYRILLIC: Final = re.compile("[а-ӿ]")
LOOK_ALIKES: Final = str.maketrans("abceikmhoptxy", "авсеікмнортху")
"""Latin letters that Cyrillic typists meet, by appearance and not by sound (lower case)."""

FOLDED: Final = MARKS | LOOK_ALIKES

YEAR_FIRST: Final = re.compile(r"(\d{4})([-.])(\d{2})\2(\d{2})", re.ASCII)
DAY_FIRST: Final = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})", re.ASCII)

SEXES: Final[Mapping[str, str]] = {
    "male": "male",
    "m": "male",
    "ч": "male",
    "чоловіча": "male",
    "female": "female",
    "f": "female",
    "ж": "female",
    "жіноча": "female",
}


def name_key(name: str) -> str:
    """Give the form under which two spellings of one name are equal."""
    folded = unicodedata.normalize("NFC", name).casefold().strip()
    # A name with no Cyrillic letter at all is really Latin: folding it would only garble it.
    return " ".join(folded.translate(FOLDED if CYRILLIC.search(folded) else MARKS).split())


def identifier_key(value: str) -> str:
    """Give the form under which two spellings of one identifier are equal."""
    return "".join(value.split()).casefold().translate(LOOK_ALIKES)


def read_date(text: str) -> date:
    """Read `2026-02-01`, `01.02.2026` or `2026.02.01`; a time after it is ignored.

    Raises ValueError, without the text, for anything else.
    """
    said = text.strip().partition("T")[0]
    if found := YEAR_FIRST.fullmatch(said):
        year, _, month, day = found.groups()
    elif found := DAY_FIRST.fullmatch(said):
        day, month, year = found.groups()
    else:
        raise ValueError("not-a-date")
    return date(int(year), int(month), int(day))


def read_sex(text: str) -> str:
    """Give `male` or `female`; raises KeyError for a word that registries do not use."""
    return SEXES[text.strip().casefold()]
