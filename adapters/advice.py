"""What to do about a failed check, in words for the registry's owner; the words are in `advice.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

WORDS: Final = Path(__file__).parent / "advice.toml"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def advise(because: str, language: str) -> str:
    """Give the sentence for what a verdict says; one that names fields or people is about a difference."""
    words = _words()
    reason = next((word for word in because.replace(",", " ").split() if word in words), "")
    if not reason:
        reason = "other" if "Error" in because else "differs"
    return words[reason][language]
