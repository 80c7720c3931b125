"""What a description of a service says, whatever it was written in: the ground that a draft stands on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from contracts.vocabulary import ObminError

Type = Literal["text", "date", "boolean", "whole", "amount"]
WORDS: Final = Path(__file__).parent / "words.toml"
CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
IDENTIFIERS: Final = ("rnokpp", "unzr", "passport")
MARK: Final = "FILL IN"
"""Stands on every line of a draft that a person must look at."""


class DescriptionError(ObminError):
    """A description from which nothing can be drafted. The message says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Member:
    """One plain member of a person's record: where it stands (dotted), its type, its codes if it has any."""

    path: str
    type: Type
    codes: Sequence[str] = ()

    @property
    def leaf(self) -> str:
        """Give the last step of the path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Described:
    """One operation. `table` is the manifest's table for the protocol; `beside` the files that it needs.

    `typed` says that booleans and numbers come as such (JSON), not as text (XML). `repeated` are members that
    hold lists: a draft leaves them out and says so.
    """

    protocol: str
    question: Sequence[str]
    record: str
    members: Sequence[Member]
    repeated: Sequence[str]
    typed: bool
    table: Mapping[str, object]
    beside: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def asked_by(self) -> Mapping[str, str]:
        """Give our word for each element of the question that has one."""
        return {element: word for element in self.question if (word := word_for(element))}


@cache
def _words() -> Mapping[str, str]:
    spelt: Mapping[str, Any] = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return {spelling: word for word, spellings in spelt["question"].items() for spelling in spellings}


@cache
def _fields() -> Mapping[str, str]:
    spelt: Mapping[str, Any] = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    named = {words: name for name, words in spelt["person"].items() if isinstance(words, str)}
    listed = {
        spelling: name
        for name, words in spelt["person"].items()
        if not isinstance(words, str)
        for spelling in words
    }
    return {spelling: named[word] for spelling, word in _words().items() if word in named} | listed


def word_for(element: str) -> str:
    """Give our word for a registry's name of something that a person is found by; empty for none."""
    return _words().get(_plain(element), "")


def field_for(source: str, member: Member) -> str:
    """Give the field that a member becomes: one that all registries share, or one of the source's own."""
    own = f"{snake(source)}.{snake(member.path)}"
    return _fields().get(_plain(member.leaf), own)


def snake(path: str) -> str:
    """Spell a path as a field's name: `education.statusName` becomes `education_status_name`."""
    return re.sub(r"\W+", "_", CAMEL.sub("_", path)).strip("_").lower()


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.rpartition(".")[2]).lower()


def one_of(what: str, names: Iterable[str], wanted: str, option: str) -> str:
    """Choose by name, or the only one. Raises `DescriptionError` that lists the choice."""
    there = sorted(names)
    if wanted in there:
        return wanted
    if not wanted and len(there) == 1:
        return there[0]
    known = ", ".join(there) or "none"
    said = f"no {what} {wanted}" if wanted else f"several {what}s"
    raise DescriptionError(f"{said}; choose with {option}: {known}")


def identifies(member: Member) -> bool:
    """Say whether a member holds one of the person's numbers: those tell whose record it is."""
    return word_for(member.path) in IDENTIFIERS
