"""From an OpenAPI document (3.0, 3.1) to what a draft stands on. Nothing outside the document is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from adapters.scaffold.description import Described, DescriptionError, Member, Type, one_of

METHODS: Final = ("get", "post")
DEEPEST: Final = 6
SERVICE: Final = "GOV/00000000/SUBSYSTEM/SERVICE"
TYPES: Final[Mapping[str, Type]] = {"boolean": "boolean", "integer": "whole", "number": "amount"}

Node = Mapping[str, Any]


def read_openapi(path: Path, operation: str = "", protocol: str = "plain-rest") -> Described:
    """Read one operation, named by its operationId or as `POST /path`.

    Raises `DescriptionError` where it cannot be drafted from, also for a reference beyond the document.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))  # YAML 1.2 has JSON within it
        operations = dict(_operations(document))
        names = {each.get("operationId", place): place for place, each in operations.items()}
        chosen = names.get(operation) or one_of("operation", operations, operation, "--operation")
        return _described(document, chosen, operations[chosen], protocol)
    except (yaml.YAMLError, UnicodeDecodeError, OSError, KeyError, AttributeError, TypeError) as error:
        raise DescriptionError(f"{path}: not an OpenAPI document ({type(error).__name__})") from None


def _operations(document: Node) -> Iterator[tuple[str, Node]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item and "application/json" in _answer(document, item[method]).get("content", {}):
                yield f"{method.upper()} {path}", {"parameters": item.get("parameters", []), **item[method]}


def _answer(document: Node, operation: Node) -> Node:
    responses = {str(status): each for status, each in operation.get("responses", {}).items()}
    return _resolved(document, responses.get("200") or responses.get("default") or {})


def _described(document: Node, place: str, operation: Node, protocol: str) -> Described:
    method, _, path = place.partition(" ")
    schema = _resolved(document, _answer(document, operation)["content"]["application/json"]["schema"])
    record, person = _record(document, schema, ())
    members, repeated = _members(document, person, ())
    placed = {
        one["name"]: one["in"]
        for each in operation.get("parameters", ())
        if (one := _resolved(document, each))["in"] in {"query", "path"}
    }
    table: dict[str, object] = {**_credential(document), "path": path, "method": method, "record": record}
    if protocol != "plain-rest":
        del table["key_header"]
        table.pop("key_scheme", None)
        table["service"] = SERVICE
    if placed:
        table |= {"place": placed, "identifiers_in_url": True}
    table["nobody"] = _nobody(document, operation)
    return Described(
        protocol=protocol,
        question=[*placed, *_asked(document, operation)],
        record=record,
        members=members,
        repeated=repeated,
        typed=True,
        table=table,
    )


def _asked(document: Node, operation: Node) -> list[str]:
    body = _resolved(document, operation.get("requestBody", {}))
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    return [member.path for member in _members(document, _resolved(document, schema), ())[0]]


def _nobody(document: Node, operation: Node) -> dict[str, object]:
    """Guess how nobody is said: by the first member of what the description has for a 404."""
    responses = {str(status): each for status, each in operation["responses"].items()}
    content = _resolved(document, responses.get("404", {})).get("content", {})
    schema = _resolved(document, content.get("application/json", {}).get("schema", {}))
    return {"status": 404, "member": next(iter(schema.get("properties", {})), "detail")}


def _credential(document: Node) -> dict[str, object]:
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            return {"key_header": scheme["name"]}
        if scheme.get("type") == "http" and scheme.get("scheme", "").lower() == "bearer":
            return {"key_header": "Authorization", "key_scheme": "Bearer"}
    return {"key_header": "X-Api-Key"}


def _record(document: Node, schema: Node, path: tuple[str, ...]) -> tuple[str, Node]:
    """Find whom an answer is about: the one list of objects in it, or what remains under single wrappers."""
    if schema.get("type") == "array":
        return ".".join(path), _resolved(document, schema.get("items", {}))
    inside = {name: _resolved(document, each) for name, each in schema.get("properties", {}).items()}
    lists = [name for name, each in inside.items() if _is_list_of_objects(document, each)]
    if len(lists) == 1:
        return _record(document, inside[lists[0]], (*path, lists[0]))
    if len(inside) == 1 and len(path) < DEEPEST:
        name, only = next(iter(inside.items()))
        if only.get("properties"):
            return _record(document, only, (*path, name))
    return ".".join(path), schema


def _is_list_of_objects(document: Node, schema: Node) -> bool:
    return schema.get("type") == "array" and bool(
        _resolved(document, schema.get("items", {})).get("properties")
    )


def _members(document: Node, schema: Node, path: tuple[str, ...]) -> tuple[list[Member], list[str]]:
    members: list[Member] = []
    repeated: list[str] = []
    for name, each in schema.get("properties", {}).items():
        here, inner = (*path, name), _resolved(document, each)
        if inner.get("type") == "array":
            repeated.append(".".join(here))
        elif inner.get("properties") and len(here) < DEEPEST:
            deeper, more = _members(document, inner, here)
            members += deeper
            repeated += more
        else:
            codes = [str(code) for code in inner.get("enum", ()) if code is not None]
            members.append(Member(".".join(here), _type(inner), codes))
    return members, repeated


def _type(schema: Node) -> Type:
    if schema.get("format") in {"date", "date-time"}:
        return "date"
    return TYPES.get(str(schema.get("type")), "text")


def _resolved(document: Node, node: Node, depth: int = 0) -> Node:
    """Follow references within the document, join `allOf`, and see through what may be null."""
    if depth > 2 * DEEPEST:
        raise DescriptionError("references lead in a circle")
    if "$ref" in node:
        return _resolved(document, _referred(document, str(node["$ref"])), depth + 1)
    if "allOf" in node:
        parts = [_resolved(document, part, depth + 1) for part in node["allOf"]]
        properties = {name: each for part in parts for name, each in part.get("properties", {}).items()}
        return {**{key: value for part in parts for key, value in part.items()}, "properties": properties}
    for choice in ("anyOf", "oneOf"):
        real = [each for each in node.get(choice, ()) if each.get("type") != "null"]
        if len(real) == 1:
            return _resolved(document, real[0], depth + 1)
    if isinstance(node.get("type"), list):
        return {**node, "type": next((one for one in node["type"] if one != "null"), "string")}
    return node


def _referred(document: Node, reference: str) -> Node:
    if not reference.startswith("#/"):
        raise DescriptionError("a reference leads out of the document; put everything into one file")
    found: Any = document
    for step in reference[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    node: Node = found
    return node
