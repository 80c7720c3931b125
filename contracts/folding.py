"""One folding for names and identifiers, wherever two spellings are compared: the rules are the vocabulary's.

For comparing only: what somebody wrote is never rewritten.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

LIBRARY: Final = Path(__file__).parent / "library" / "vocabulary" / "identifiers.toml"


@cache
def library_fold() -> Mapping[str, str]:
    """Give the fold of names that the packaged vocabulary has; the file is read once."""
    folds = tomllib.loads(LIBRARY.read_text(encoding="utf-8"))["folds"]
    fold: Mapping[str, str] = folds["name"]
    return fold


def fold_text(text: str, fold: Mapping[str, str]) -> str:
    """Give one spelling for all: case, apostrophes, dashes, look-alike letters and blanks made equal."""
    upper = unicodedata.normalize("NFC", text).upper()
    return " ".join(upper.translate(_table(tuple(fold.items()))).split())


@cache
def _table(fold: tuple[tuple[str, str], ...]) -> Mapping[int, str]:
    return {ord(seen): meant for seen, meant in fold}
