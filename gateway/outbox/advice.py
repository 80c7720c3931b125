"""The next step for a message that did not arrive: every code that can end one has one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from contracts.words import ReasonWords, Wording

TABLE = Path(__file__).parent / "next_steps.toml"
OTHER = "other"


def next_step(code: str, reasons: Mapping[str, ReasonWords]) -> Wording:
    """Give the next step for a code, in both languages; `reasons` are the vocabulary's."""
    table = _table()
    if code in table:
        return table[code]
    if code in reasons:
        return reasons[code].next
    beginning = next((name for name in table if name.endswith("-") and code.startswith(name)), OTHER)
    return table[beginning]


@cache
def _table() -> Mapping[str, Wording]:
    raw: dict[str, Any] = tomllib.loads(TABLE.read_text("utf-8"))
    return {code: Wording(**words) for code, words in raw.items()}
