"""Read a TOML file into a frozen dataclass; name file, line and remedy of whatever is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, get_args, get_type_hints

from pydantic import Strict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from contracts.lines import KeyPath, find_lines, nearest
from contracts.vocabulary import ObminError

Shape = TypeVar("Shape")

YesNo: TypeAlias = Annotated[bool, Strict()]
Whole: TypeAlias = Annotated[int, Strict()]
Day: TypeAlias = Annotated[date, Strict()]

REMEDIES: Mapping[str, str] = {
    "missing": "add it",
    "bool_type": "write true or false",
    "date_type": "write a date without quotes: 2026-01-31",
    "int_type": "write a whole number without quotes",
    "string_type": "write text in quotes",
}
"""How to mend what pydantic finds, by its error type; where there is none, its own words serve."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: where, what, and how to mend it."""

    file: str
    line: int
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.wrong}; {self.mend}"


class ContractInvalidError(ObminError):
    """A contract or the vocabulary cannot be taken as it stands. `faults` names every reason found."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Page(Generic[Shape]):
    """A file that was read: its name, what it says, and its text, in which a fault's line is looked for."""

    file: str
    content: Shape
    text: str

    def fault(self, path: KeyPath, wrong: str, mend: str) -> Fault:
        """Give the fault that stands at the key `path`."""
        return Fault(self.file, nearest(find_lines(self.text), path), wrong, mend)


def read(path: Path, shape: type[Shape]) -> Page[Shape]:
    """Read one file, or raise `ContractInvalidError` that names every line at fault.

    Nothing unknown is accepted: neither a key nor a value of another type.
    """
    text, tree = _parse(path)
    try:
        content: Shape = _adapter(shape).validate_python(tree)  # type: ignore[arg-type]  # any class is hashable
    except ValidationError as invalid:
        lines = find_lines(text)
        errors = invalid.errors(include_url=False)
        raise ContractInvalidError(
            tuple(_fault(str(path), lines, error, shape) for error in errors)
        ) from None
    return Page(str(path), content, text)


@cache
def _adapter(shape: type[Any]) -> TypeAdapter[Any]:
    """Give pydantic's reader of a shape: making one costs more than reading twenty files with it."""
    return TypeAdapter(shape)


def suggest(
    word: str, known: Iterable[str], otherwise: str = "add it to the vocabulary, or take a known one"
) -> str:
    """Say which known word was probably meant; `otherwise` where none is near."""
    close = get_close_matches(word, list(known), n=1)
    return f'did you mean "{close[0]}"?' if close else otherwise


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        fault = Fault(str(path), _broken_line(str(broken), text), "not valid TOML", str(broken))
    except UnicodeDecodeError:
        fault = Fault(str(path), 1, "not UTF-8 text", "save the file as UTF-8")
    except OSError as absent:
        fault = Fault(str(path), 1, "cannot be read", absent.strerror or "check the path")
    raise ContractInvalidError((fault,))


def _broken_line(message: str, text: str) -> int:
    place = re.search(r"at line (\d+)", message)
    return int(place[1]) if place else text.count("\n") + 1


def _fault(file: str, lines: Mapping[KeyPath, int], error: ErrorDetails, shape: type[Any]) -> Fault:
    path = tuple(str(step) for step in error["loc"] if step != "[key]")
    name = ".".join(path)
    if error["type"] == "unexpected_keyword_argument":
        return Fault(
            file, nearest(lines, path), f'unknown key "{name}"', suggest(path[-1], _keys(shape), "remove it")
        )
    wrong = f'"{name}" is missing' if error["type"] == "missing" else f'"{name}" is not what it should be'
    return Fault(file, nearest(lines, path), wrong, REMEDIES.get(error["type"], _plain(error["msg"])))


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ").lower()


def _keys(shape: Any) -> set[str]:
    """Name the keys of a shape and of the shapes inside it."""
    members = get_type_hints(shape) if is_dataclass(shape) else {}
    return set(members).union(*map(_keys, (*members.values(), *get_args(shape))))
