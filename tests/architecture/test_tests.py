"""What every test keeps to: a behaviour named, a sentence, no logic, an empty line before the asserts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.repository import ROOT, FunctionNode, find_tests

LOGIC = (ast.If, ast.While, ast.For, ast.AsyncFor, ast.Try, ast.Match)


def test_every_test_states_its_behaviour() -> None:
    """A test's docstring begins with one sentence on one line, in the present tense."""
    unclear = [where for where, test in find_tests() if not _is_statement(test)]

    assert not unclear


def test_no_test_reasons() -> None:
    """A test runs straight through: no branch, no loop, nothing caught."""
    clever = [
        where for where, test in find_tests() if any(isinstance(node, LOGIC) for node in _own_nodes(test))
    ]

    assert not clever


def test_asserts_stand_apart() -> None:
    """An empty line parts what a test does from what it expects."""
    crowded = [where for where, test in find_tests() if _is_crowded(where.partition(":")[0], test)]

    assert not crowded


def _is_statement(test: FunctionNode) -> bool:
    first = (ast.get_docstring(test) or "").partition("\n")[0]
    words = first.lower().split()
    return first.endswith(".") and words[0] not in {"test", "tests", "check", "checks", "should"}


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a test without the fakes that it defines: those may reason."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FunctionNode | ast.ClassDef):
            yield child
            yield from _own_nodes(child)


def _is_crowded(path: str, test: FunctionNode) -> bool:
    lines = (ROOT / path).read_text("utf-8").splitlines()
    pairs = zip(test.body, test.body[1:], strict=False)
    return any(
        isinstance(later, ast.Assert)
        and not isinstance(earlier, ast.Assert)
        and earlier is not test.body[0]  # the docstring: there is nothing to part
        and _line_above(later, lines).strip()
        for earlier, later in pairs
    )


def _line_above(node: ast.stmt, lines: list[str]) -> str:
    """Return the line above a statement, passing over the comments that belong to it."""
    above = node.lineno - 2
    while lines[above].strip().startswith("#"):
        above -= 1
    return lines[above]
