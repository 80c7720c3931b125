"""Crosswalks: a registry's code words and what they mean in ours, as data with an owner and a date.

Tables stand in `codes.toml` beside the adapter; those that several registries share, in `adapters/codes/`.
A word that no table knows is quarantined: it is never mapped to a default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from adapters.manifest import ManifestError
from adapters.protocols.switches import Part
from contracts.vocabulary import Value

SHARED: Final = Path(__file__).parents[1] / "codes"
"""The tables that several registries share."""


class UnknownCodeError(Exception):
    """A word that its table does not know. `code` is the registry's own text: it goes into no message."""

    def __init__(self, table: str, code: str) -> None:
        super().__init__(table)
        self.table = table
        self.code = code


@dataclass(frozen=True, slots=True)
class Crosswalk(Mapping[str, Value]):
    """One table. Words are found whatever their case and spacing; what is not there is not there."""

    name: str
    owner: str
    as_of: date
    meanings: Mapping[str, Value]

    def __getitem__(self, word: str) -> Value:
        """Give what a word means. Raises KeyError."""
        return self.meanings[_key(word)]

    def __iter__(self) -> Iterator[str]:
        """Give the words, folded."""
        return iter(self.meanings)

    def __len__(self) -> int:
        """Give the number of words."""
        return len(self.meanings)


class _File(Part):
    owner: Annotated[str, Field(min_length=1)]
    as_of: date
    codes: Mapping[str, Mapping[str, str | bool | int]]


def load_codes(file: Path) -> Mapping[str, Crosswalk]:
    """Read a file of tables by name. Raises `ManifestError`: a word twice, no owner."""
    try:
        content = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{file}: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ManifestError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return {
        name: Crosswalk(name, content.owner, content.as_of, _folded(file, name, words))
        for name, words in content.codes.items()
    }


def coded(codes: Mapping[str, Value], word: Any) -> Value | None:
    """Give our code for a registry's word; None where absent.

    Raises `UnknownCodeError` for a word not foreseen, TypeError for what is no word.
    """
    if word is None or word == "":
        return None
    if not isinstance(word, str | int) or isinstance(word, bool):
        raise TypeError("not-a-code")
    text = str(word)
    if text not in codes:
        raise UnknownCodeError(codes.name if isinstance(codes, Crosswalk) else "", text)
    return codes[text]


def known(codes: Mapping[str, Value], word: Any) -> Value:
    """Give our code for a word that must be there. Raises `UnknownCodeError`, TypeError for an absent one."""
    if (code := coded(codes, word)) is None:
        raise TypeError("not-a-code")
    return code


def _folded(file: Path, name: str, words: Mapping[str, Value]) -> Mapping[str, Value]:
    folded = {_key(word): meaning for word, meaning in words.items()}
    if len(folded) != len(words):
        raise ManifestError(f"{file}: {name}: a word stands there twice")
    return folded


def _key(word: str) -> str:
    return " ".join(word.split()).casefold()
