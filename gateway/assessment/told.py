"""What an answer told, field by field with whose it is, and why the rest is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.vocabulary import Field, Source


@dataclass(frozen=True, slots=True)
class Fact:
    """One value as one source told it, on a day; `sealed` where it travelled sealed to the recipient."""

    source: Source
    field: Field
    value: Any
    as_of: str
    sealed: bool = False

    def __repr__(self) -> str:
        return f"Fact({self.source}, {self.field})"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, read for filling a form. `silent` says why a source told nothing, `withheld` why a field."""

    exchange_id: str
    facts: Mapping[Field, Sequence[Fact]]
    silent: Mapping[Source, str] = field(default_factory=dict)
    withheld: Mapping[Field, str] = field(default_factory=dict)
    asked: frozenset[Source] = frozenset()


def read_answer(body: Mapping[str, Any], opened: Mapping[str, Any]) -> Told:
    """Read an answer (interface §3) and what was opened of its sealed part; nothing where it stays sealed."""
    facts: dict[Field, list[Fact]] = {}
    for name, fact in body["fields"].items():
        facts.setdefault(Field(name), []).append(_fact(name, fact))
    for conflict in body["conflicts"]:
        name = conflict["field"]
        facts.setdefault(Field(name), []).extend(_fact(name, fact) for fact in conflict["values"])
    for name, several in opened.items():
        facts.setdefault(Field(name), []).extend(_fact(name, fact, sealed=True) for fact in several)
    withheld = {Field(each["field"]): str(each["reason"]) for each in body["withheld"]}
    still = body.get("sealed", {}).get("fields", ())
    withheld |= {Field(name): "sealed" for name in still if name not in opened}
    silent = {
        Source(name): str(line.get("reason") or line["status"])
        for name, line in body["sources"].items()
        if line["status"] != "answered"
    }
    return Told(body["exchange_id"], facts, silent, withheld, frozenset(map(Source, body["sources"])))


def _fact(name: str, fact: Mapping[str, Any], *, sealed: bool = False) -> Fact:
    return Fact(Source(fact["source"]), Field(name), fact["value"], fact["as_of"], sealed)
