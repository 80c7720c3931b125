"""On which line of a TOML document each key stands.

`tomllib` keeps no positions, so the document, once known to be valid, is read again one statement
at a time: lines are added until `tomllib` itself accepts them, and what it reads gives the keys.
No second grammar, so no second opinion about what the document says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str, ...]


def find_lines(text: str) -> Mapping[KeyPath, int]:
    """Give the line (from 1) of every key and table of a valid TOML document without arrays of tables."""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, statement in _statements(text):
        paths = list(_paths(tomllib.loads(statement)))
        if statement.lstrip().startswith("["):
            table = ()
        for path in paths:
            lines.setdefault(table + path, number)
        if statement.lstrip().startswith("["):
            table = paths[-1]
    return lines


def nearest(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Give the line of `path`, or of the closest table around it; 1 for the document as a whole."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    statement, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if not statement and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if statement else number
        statement += line + "\n"
        if _is_whole(statement):
            yield start, statement
            statement = ""


def _is_whole(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _paths(node: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in node.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
