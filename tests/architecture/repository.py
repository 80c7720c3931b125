"""The repository as the rules see it: its modules, parsed once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "adapters", "contracts", "audit", "config")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def find_modules(*folders: str) -> tuple[Path, ...]:
    """Return the Python files below these folders of the repository, in order."""
    return tuple(sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")))


@cache
def parse(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    """Return a path as the rules write it: from the top of the repository."""
    return path.relative_to(ROOT).as_posix()


def find_callers(callee: str, modules: Iterable[Path]) -> set[str]:
    """Return the modules that call something of this name, bare or as an attribute."""
    return {name_of(path) for path in modules for node in ast.walk(parse(path)) if _calls(node, callee)}


def _calls(node: ast.AST, callee: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return (isinstance(function, ast.Name) and function.id == callee) or (
        isinstance(function, ast.Attribute) and function.attr == callee
    )


def find_imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find_tests() -> Iterator[tuple[str, FunctionNode]]:
    """Yield every test as (where, function)."""
    for path in find_modules("tests"):
        for node in ast.walk(parse(path)):
            if isinstance(node, FunctionNode) and node.name.startswith("test_"):
                yield f"{name_of(path)}:{node.lineno} {node.name}", node


def find_lines(pattern: str, paths: Iterable[Path]) -> list[str]:
    """Return every line that matches, as `file:line`."""
    wanted = re.compile(pattern)
    return [
        f"{name_of(path)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if wanted.search(line)
    ]
