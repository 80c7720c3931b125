"""From a WSDL to what a draft stands on: one operation, its question, and the person in its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.xsd.types import builtins

from adapters.protocols.envelope import LocalOnlyError, load_wsdl
from adapters.protocols.markup import hardened
from adapters.scaffold.description import Described, DescriptionError, Member, Type, one_of

XSD: Final = "{http://www.w3.org/2001/XMLSchema}"
DEEPEST: Final = 6
UNKNOWN: Final = "GOV/00000000/SUBSYSTEM"
TYPES: Final[Sequence[tuple[type, Type]]] = (
    (builtins.DateTime, "date"),
    (builtins.Date, "date"),
    (builtins.Boolean, "boolean"),
    (builtins.Integer, "whole"),
    (builtins.Decimal, "amount"),
    (builtins.Double, "amount"),
    (builtins.Float, "amount"),
)


def read_wsdl(path: Path, operation: str = "") -> Described:
    """Read one operation of a WSDL. Raises `DescriptionError` where it cannot be drafted from.

    Nothing is fetched: what it imports must lie in its own folder.
    """
    try:
        client = load_wsdl(path)
    except LocalOnlyError:
        raise DescriptionError(f"{path}: imports a document from outside its own folder") from None
    except (ZeepError, etree.XMLSyntaxError, OSError) as error:
        advice = "put what it imports beside it, and spell the imports as file names"
        raise DescriptionError(f"{path}: {type(error).__name__}; {advice}") from None
    operations = {
        name: each for binding in client.wsdl.bindings.values() for name, each in _all(binding).items()
    }
    chosen = one_of("operation", operations, operation, "--operation")
    beside = {path.name: path.read_bytes(), **_imported(client, path)}
    codes = dict(_codes(beside.values()))
    asked, answered = operations[chosen].input.body.type, operations[chosen].output.body.type
    record, inside = _record(_elements(answered), ())
    members, repeated = _members(inside, codes, ())
    return Described(
        protocol="xroad-soap",
        question=[name for name, _ in _leaves(_elements(asked), ())],
        record=record,
        members=members,
        repeated=repeated,
        typed=False,
        table={"service": UNKNOWN, "operation": chosen, "record": record, "echo": "lenient", "wrapper": "*"},
        beside={"service.wsdl" if name == path.name else name: content for name, content in beside.items()},
    )


def _all(binding: Any) -> dict[str, Any]:
    operations: dict[str, Any] = binding.all()
    return operations


def _imported(client: zeep.Client, path: Path) -> dict[str, bytes]:
    folder = path.parent.resolve()
    located = [document._location for document in client.wsdl.types.documents]  # noqa: SLF001  no other way
    places = {Path(location).resolve() for location in located if location}
    return {
        place.relative_to(folder).as_posix(): place.read_bytes()
        for place in places
        if place != path.resolve() and place.is_file()
    }


def _codes(documents: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the enumerations by the name of their type, or of the element that holds them."""
    for document in documents:
        for simple in etree.fromstring(document, hardened()).iter(f"{XSD}simpleType"):
            values = tuple(str(each.get("value")) for each in simple.iter(f"{XSD}enumeration"))
            parent = simple.getparent()
            name = simple.get("name") or (parent.get("name") if parent is not None else "")
            if values and name:
                yield str(name), values


def _elements(kind: Any) -> list[tuple[str, Any]]:
    return list(getattr(kind, "elements", None) or ())


def _leaves(elements: Sequence[tuple[str, Any]], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, element in elements:
        below = _elements(element.type)
        if below and len(path) < DEEPEST:
            yield from _leaves(below, (*path, name))
        else:
            yield ".".join((*path, name)), element


def _record(
    elements: Sequence[tuple[str, Any]], path: tuple[str, ...]
) -> tuple[str, Sequence[tuple[str, Any]]]:
    """Find whom an answer is about: its one repeated part, or what remains under wrappers of one part."""
    structured = [(name, element) for name, element in elements if _elements(element.type)]
    repeated = [(name, element) for name, element in structured if element.accepts_multiple]
    if len(repeated) == 1:
        name, element = repeated[0]
        return ".".join((*path, name)), _elements(element.type)
    if len(elements) == len(structured) == 1 and len(path) < DEEPEST:
        name, element = structured[0]
        return _record(_elements(element.type), (*path, name))
    return ".".join(path), elements


def _members(
    elements: Sequence[tuple[str, Any]], codes: Mapping[str, Sequence[str]], path: tuple[str, ...]
) -> tuple[list[Member], list[str]]:
    members: list[Member] = []
    repeated: list[str] = []
    for name, element in elements:
        here = (*path, name)
        if element.accepts_multiple:
            repeated.append(".".join(here))
        elif _elements(element.type) and len(here) < DEEPEST:
            inner, more = _members(_elements(element.type), codes, here)
            members += inner
            repeated += more
        else:
            known = codes.get(element.type.name or "") or codes.get(name) or ()
            members.append(Member(".".join(here), _type(element.type), known))
    return members, repeated


def _type(kind: Any) -> Type:
    return next((ours for theirs, ours in TYPES if isinstance(kind, theirs)), "text")
