"""The table of reasons is what the adapters say: no code without its row, no row without its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from adapters.catalog import FOLDER

ROW = re.compile(r"^\| `([a-z-]+)` \| (\w+) \|", re.MULTILINE)
ERRORS: Mapping[str, str] = {
    "SubjectUnknownError": "unknown",
    "SourceRefusedError": "refused",
    "SourceUnavailableError": "unavailable",
    "SourceMisbehavedError": "misbehaved",
}


def raised() -> Iterator[tuple[str, str]]:
    """Give each reason that a module of the adapters raises, with the word for its error."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                yield str(ast.literal_eval(node.args[1])), ERRORS[node.func.id]


def test_every_reason_has_its_row() -> None:
    """The README's table names each reason that can be raised, with its error, and none besides."""
    rows = set(ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8")))

    assert rows == set(raised())
