"""What every module keeps to."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.repository import (
    PACKAGES,
    ROOT,
    find_imports,
    find_lines,
    find_modules,
    name_of,
    parse,
)

LONGEST = 300
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_MAKERS = frozenset(
    {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
)
READ_ONLY = ("Mapping[", "Sequence[", "Collection[", "Iterable[", "AbstractSet[", "Final")
"""Annotations that let the type checker refuse a change."""


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_packages(package: str) -> None:
    """The five package names are ours alone, and what is imported is what lies on disk."""
    spec = importlib.util.find_spec(package)

    assert set(packages_distributions().get(package, [])) <= {"obmin"}
    assert spec
    assert spec.origin == str(ROOT / package / "__init__.py")


def test_a_package_says_what_it_is_and_nothing_else() -> None:
    """Each `__init__.py` is one line of docstring, so names are imported from modules."""
    packages = [path for path in find_modules(*PACKAGES) if path.name == "__init__.py"]
    others = [name_of(path) for path in packages if not _is_one_sentence(path)]

    assert packages
    assert not others


def test_modules_stay_short() -> None:
    """No module is longer than what a reader holds in mind."""
    modules = find_modules(*PACKAGES, "tests")
    long = [name_of(path) for path in modules if len(path.read_text("utf-8").splitlines()) > LONGEST]

    assert not long


def test_a_module_says_what_it_is_about() -> None:
    """Every module begins with a docstring whose first line is a sentence or a title."""
    silent = [
        name_of(path) for path in find_modules(*PACKAGES, "tests") if not ast.get_docstring(parse(path))
    ]

    assert not silent


def test_nothing_is_left_for_later() -> None:
    """No file of code or settings holds a note to do something some day."""
    files = [*find_modules(*PACKAGES, "tests"), *ROOT.glob("*/**/*.toml"), ROOT / "Makefile"]
    kept = [path for path in files if not path.relative_to(ROOT).parts[0].startswith((".", "build"))]
    notes = find_lines(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", kept)

    assert not notes


def test_nothing_is_patched() -> None:
    """Fakes stand where others patch: `unittest.mock` is imported nowhere."""
    patched = [
        name_of(path)
        for path in find_modules(*PACKAGES, "tests")
        if any(name.startswith(("unittest.mock", "mock")) for name in find_imports(path))
    ]

    assert not patched


def test_the_environment_is_read_by_the_settings_alone() -> None:
    """No module of ours but `config.settings` looks at environment variables."""
    readers = {
        name_of(path)
        for path in find_modules(*PACKAGES)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }

    assert readers == {"config/settings.py"}


def test_no_module_keeps_state() -> None:
    """What a module holds is constant: no `global`, no mutable value without a read-only annotation."""
    stateful = [f"{name_of(path)}:{line}" for path in find_modules(*PACKAGES) for line in _state_of(path)]

    assert not stateful


def _is_one_sentence(path: Path) -> bool:
    body = parse(path).body
    return (
        len(body) == 1
        and len(path.read_text("utf-8").splitlines()) == 1
        and bool(ast.get_docstring(parse(path)))
    )


def _state_of(path: Path) -> Iterator[int]:
    for node in parse(path).body:
        if (
            isinstance(node, ast.Assign)
            and _is_mutable(node.value)
            and ast.unparse(node.targets[0]) != "__all__"
        ):
            yield node.lineno
        if isinstance(node, ast.AnnAssign) and node.value and _is_mutable(node.value):
            annotation = ast.unparse(node.annotation)
            if not annotation.startswith(READ_ONLY):
                yield node.lineno
    yield from (node.lineno for node in ast.walk(parse(path)) if isinstance(node, ast.Global))


def _is_mutable(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in MUTABLE_MAKERS
    return isinstance(value, MUTABLE)
