"""What registries write in many ways, made one: names, dates, sexes, yes and no, phones, places, documents.

Names and identifiers are folded for comparison only: what a registry wrote is never rewritten. Codes come
from crosswalks, which have an owner; a word that none of them knows is quarantined, not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from adapters.protocols.crosswalk import SHARED, UnknownCodeError, coded, load_codes
from contracts.folding import fold_text, library_fold
from contracts.vocabulary import Value

COMMON: Final = load_codes(SHARED / "common.toml")
KOATUU: Final = load_codes(SHARED / "koatuu.toml")["koatuu"]

YEAR_FIRST: Final = re.compile(r"(\d{4})([-.])(\d{2})\2(\d{2})", re.ASCII)
DAY_FIRST: Final = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})", re.ASCII)
KATOTTG: Final = re.compile(r"UA\d{17}", re.ASCII)
PHONE: Final = re.compile(r"(?:\+?38)?(0\d{9})", re.ASCII)
PHONE_MARKS: Final = str.maketrans("", "", " \u00a0()-.")


@dataclass(frozen=True, slots=True)
class Flagged:
    """A value with what is doubtful about it, in codes; the doubt goes wherever the value goes."""

    value: Value
    flags: tuple[str, ...]


def name_key(name: str) -> str:
    """Give the form under which two spellings of one name are equal."""
    return fold_text(name, library_fold())


def identifier_key(value: str) -> str:
    """Give the form under which two spellings of one identifier are equal."""
    return fold_text(value, library_fold()).replace(" ", "")


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


def read_sex(word: Any) -> Value | None:
    """Give `male` or `female`; None where absent. Raises `UnknownCodeError` for any other word."""
    return coded(COMMON["sex"], word)


def read_yes_no(word: Any) -> Value | None:
    """Give the truth of `так`, `ні` and their likes; None where absent. Raises `UnknownCodeError`."""
    return word if isinstance(word, bool) else coded(COMMON["yes-no"], word)


def read_phones(text: str) -> tuple[str, ...] | Flagged:
    """Give each of the numbers that stand in one text, as `+380XXXXXXXXX`.

    One that is no number of this country is given as it stands, all of them flagged `phone`.
    """
    said = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    found = [PHONE.fullmatch(part.translate(PHONE_MARKS)) for part in said]
    numbers = tuple(f"+38{match[1]}" if match else part for part, match in zip(said, found, strict=True))
    return numbers if all(found) else Flagged(numbers, ("phone",))


def read_area(code: str) -> str | Flagged:
    """Give a КАТОТТГ code; one of the withdrawn КОАТУУ is converted and flagged `converted`.

    Raises `UnknownCodeError` for a code that the table of transition does not have.
    """
    plain = code.strip().upper()
    if KATOTTG.fullmatch(plain):
        return plain
    if plain not in KOATUU:
        raise UnknownCodeError("koatuu", plain)
    return Flagged(KOATUU[plain], ("converted",))


def read_registration(text: str) -> str | Flagged:
    """Give the place of `address;КАТОТТГ;КОАТУУ`, as the demographic register writes it in one text."""
    _, *codes = text.split(";")
    return read_area(next((code for code in codes if code.strip()), ""))


def read_document(series: str | None, number: str) -> str:
    """Give a document's series and number as one text, without the marks between them."""
    return re.sub(r"[\s№-]", "", f"{series or ''}{number}").upper()
