"""The files of a draft, as text. Every line that a person must look at says FILL IN, and what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from adapters.scaffold.description import (
    IDENTIFIERS,
    MARK,
    Described,
    field_for,
    identifies,
)

TABLES: Final[Mapping[str, str]] = {
    "xroad-soap": "xroad",
    "xroad-rest": "xroad_rest",
    "trembita-rest": "trembita",
    "plain-rest": "rest",
}
ALL_OF_A_NAME: Final = ("family_name", "given_name", "birth_date")
TYPES: Final[Mapping[str, str]] = {
    "text": "text", "date": "date", "boolean": "yes-no", "whole": "text", "amount": "text",
}  # fmt: skip
SIMULATOR: Final = '''"""The registry's stand-in: it answers with the samples, as the manifest says.

FILL IN: what the real one does differently, if anything; `adapters/README.md` says how.
"""

from __future__ import annotations

from pathlib import Path

from adapters.protocols.serving import Application
from adapters.stand_in import stand_in


def application() -> Application:
    """Give the simulated registry."""
    return stand_in(Path(__file__).parent)
'''
TEST: Final = '''"""The bar that every registry must pass, for this one. Run it with `pytest`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.catalog import read_entry
from adapters.conformance import CHECKS, simulated_bench, try_check

ENTRY = read_entry(Path(__file__).parent)


@pytest.mark.parametrize("check", CHECKS)
def test_the_registry_passes_the_check(check: str) -> None:
    """The adapter behaves as the gateway relies on, whatever its registry does."""

    async def verdict() -> str:
        return (await try_check(simulated_bench(ENTRY), check)).because

    assert asyncio.run(verdict()) == ""
'''


def manifest_of(source: str, described: Described) -> str:
    """Write `manifest.toml`."""
    asked = described.asked_by
    numbers = [word for word in IDENTIFIERS if word in asked.values()]
    needs = [[word] for word in numbers]
    if set(ALL_OF_A_NAME) <= set(asked.values()):
        needs.append(["name"])
    fields = dict.fromkeys(
        field_for(source, member) for member in described.members if not identifies(member)
    )
    unnamed = [element for element in described.question if element not in asked]
    lines = [
        f"source = {_toml(source)}",
        f"protocol = {_toml(described.protocol)}",
        f"# {MARK}: the article of law by which this registry may be asked.",
        f'ground = "{MARK}"',
        f"# {MARK}: plain, personal, special (health, beliefs, convictions) or protected (never by default).",
        'sensitivity = "personal"',
        f"# {MARK}: true if asking twice is as asking once: then a broken question may be repeated.",
        "idempotent = false",
        "# By which identifiers a person is found, best first; each set is enough by itself."
        + ("" if needs else f" {MARK}: nothing in the question was recognised."),
        f"needs = {_toml(needs or [['rnokpp']])}",
        f"fields = {_toml([*fields])}",
        "# Names that no public document confirms.",
        "approximated = []",
        "",
        "[title]",
        f'uk = "{source}"  # {MARK}: the registry\'s name, in Ukrainian and in English',
        f'en = "{source}"',
        "",
        "[owner]",
        f'uk = "{MARK}"  # {MARK}: who keeps it',
        f'en = "{MARK}"',
        "",
        "[question]",
        "# The registry's elements, and our word for what goes into each.",
        *(f"{_toml(element)} = {_toml(word)}" for element, word in asked.items()),
        *(f'# {MARK}: {_toml(element)} = "rnokpp"' for element in unnamed),
        "",
        f"[{TABLES[described.protocol]}]",
        *_table(described),
    ]
    return "\n".join(lines) + "\n"


def _table(described: Described) -> Iterator[str]:
    for key, value in described.table.items():
        if key == "service":
            yield f"# {MARK}: who provides it on the bus: class/member/subsystem; over REST also the service."
        if key == "echo":
            yield "# lenient takes answers without our headers; strict is what protocol v4.0 §1.3 demands."
        if key == "nobody":
            yield f'# {MARK}: how it says that it knows nobody so; add value = "…" if the words are fixed.'
        yield f"{key} = {_toml(value)}"


def words_of(source: str, described: Described) -> str:
    """Write the source's words for the contracts' vocabulary."""
    lines = [
        f"# Put this file into the contracts' folder as vocabulary/sources/{source}.toml.",
        f'uk = "{source}"  # {MARK}: the source as a case worker reads it, in Ukrainian and in English',
        f'en = "{source}"',
    ]
    own = {field_for(source, each): each for each in described.members if not identifies(each)}
    shared = sorted(field for field in own if field.startswith("person."))
    if shared:
        lines.append(f"holds = {_toml(shared)}")
    for field, member in own.items():
        if field in shared:
            continue
        lines += [
            "",
            f"[fields.{_toml(field)}]",
            f'uk = "{member.leaf}"  # {MARK}',
            f'en = "{member.leaf}"  # {MARK}',
            f'category = "identity"  # {MARK}: one of vocabulary/categories.toml',
            'sensitivity = "personal"',
            f'type = "{"code" if member.codes else TYPES[member.type]}"',
        ]
    return "\n".join(lines) + "\n"


def samples_of(said: Mapping[str, Mapping[str, Any]], means: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Write `samples/records.json`: what the registry says of each person, and what that means."""
    records = {key: {"said": said[key], "means": means[key]} for key in said}
    return orjson.dumps(records, option=orjson.OPT_INDENT_2) + b"\n"


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return orjson.dumps(value).decode()


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else _quoted(key)
