"""A search among offers as SOAP has it, where everything is text: back into numbers and truths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.protocols.markup import as_list

NUMBERS: Final = frozenset({"quantity", "age", "household", "youngest"})
TRUE: Final = frozenset({"true", "1"})


def read_search(said: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body of a search, once its element is what the schema says."""
    search = {"exchange_id" if name == "exchangeId" else name: _typed(name, said[name]) for name in said}
    if "person" in said:
        person = dict(said["person"] or {})
        factors = as_list(person.pop("factor", None))
        search["person"] = {name: _typed(name, value) for name, value in person.items()}
        search["person"]["factors"] = factors
    return search


def _typed(name: str, value: Any) -> Any:
    if name in NUMBERS:
        return int(value)
    return value.strip() in TRUE if name == "accessible" else value
