"""The shape of a registry's answers: the names of their members, as the samples have them, and nothing else.

A registry that changes what it sends says so nowhere; the first live answer does. What is new or gone is
told by name, and holds no value: names that could be one (a member called by a number) are not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson

DEEPEST: Final = 6
MOST: Final = 20
"""Changes told of one answer: more is no drift but another document."""

REMEMBERED: Final = 256
"""Shapes known to be as they should; registries have a handful."""

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_-]*(?:\d{1,3}[A-Za-z_-]*)?")
UNNAMED: Final = "(unnamed)"

Signature: TypeAlias = tuple[Any, ...]
NONE: Final[frozenset[str]] = frozenset()


class Shape:
    """What one registry's record looks like. `always` stands in every sample, `known` in any."""

    def __init__(self, always: frozenset[str], known: frozenset[str]) -> None:
        self._always = always
        self._known = known
        self._fine: set[Signature] = set()

    @classmethod
    def of_samples(cls, file: Path) -> Shape | None:
        """Learn it from `records.json`; None where there is none to learn from."""
        if not file.is_file():
            return None
        samples: Mapping[str, Any] = orjson.loads(file.read_bytes())
        members = [frozenset(_members(sample["said"])) for sample in samples.values() if "said" in sample]
        return cls(frozenset.intersection(*members), frozenset.union(*members)) if members else None

    def drift(self, said: Any) -> frozenset[str]:
        """Name what is `new` and what is `gone` in one record, by dotted paths; mostly nothing.

        A shape that was found to be as it should costs one look the next time.
        """
        signature = _signature(said, 1)
        if signature in self._fine:
            return NONE
        members = frozenset(_members(said))
        changes = [f"new {name}" for name in members - self._known]
        changes += [f"gone {name}" for name in self._always - members]
        if not changes and len(self._fine) < REMEMBERED:
            self._fine.add(signature)
        return frozenset(sorted(changes)[:MOST])


def _signature(said: Any, depth: int) -> Signature:
    """Give the names of a record's members, nested as they are: cheap to make and to compare."""
    if isinstance(said, dict) and depth < DEEPEST:
        return tuple(
            (name, _signature(value, depth + 1)) if isinstance(value, (dict, list)) else name
            for name, value in said.items()
        )
    if isinstance(said, list) and depth < DEEPEST:
        return tuple({_signature(item, depth + 1) for item in said})
    return ()


def _members(said: Any, path: str = "", depth: int = 1) -> Iterator[str]:
    for item in said if isinstance(said, list) else [said]:
        if not isinstance(item, dict) or depth > DEEPEST:
            continue
        for name, value in item.items():
            here = f"{path}{_plain(name)}"
            yield here
            yield from _members(value, f"{here}.", depth + 1)


def _plain(name: str) -> str:
    return name if len(name) <= 64 and NAME.fullmatch(name) else UNNAMED  # noqa: PLR2004  longer than any name


def changes_of(drift: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Part each change into what happened (`new`, `gone`, `code`) and the member's name."""
    for change in drift:
        what, _, member = change.partition(" ")
        yield what, member
