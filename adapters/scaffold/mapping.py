"""The mapping of a draft: whom an answer is about, and a reader for each member that has one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from string import Template
from typing import Final

import orjson

from adapters.scaffold.description import (
    IDENTIFIERS,
    MARK,
    Described,
    Member,
    field_for,
    identifies,
    snake,
    word_for,
)

READERS: Final[Mapping[str, str]] = {
    "date": "optional({said}, read_date)",
    "boolean": "boolean({said})",
    "whole": "optional({said}, int)",
    "amount": "optional({said}, str)",
    "text": "text({said})",
}
SEXES: Final = frozenset({"sex", "gender"})
FROM: Final[Mapping[str, Sequence[str]]] = {
    "adapters.normal": ("read_date", "read_sex"),
    "adapters.protocols.crosswalk": ("coded", "load_codes"),
    "adapters.protocols.finding": ("dig",),
    "adapters.protocols.reading": ("Reader", "boolean", "optional", "person", "text"),
}
MODULE: Final = Template('''"""How to read a record of $source, as drafted: look at the lines marked $mark."""

from __future__ import annotations

from collections.abc import Mapping
${path}from typing import Any, Final

$imports
from contracts.vocabulary import Field, Identity


def whose(answer: Any) -> Identity:
    """Give the identity of the person answered about."""
    # $mark: is each number and each part of the name where it stands?
    return person(
        {$numbers},
        $names,
        $born,
    )


${codes}IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
$readers
}
$repeated''')


def mapping_of(source: str, described: Described) -> str:
    """Write `mapping.py`."""
    by_word = {word: member for member in described.members if (word := word_for(member.path))}
    fields: dict[str, Member] = {}
    for member in described.members:
        if not identifies(member):
            fields.setdefault(field_for(source, member), member)
    said = {word: _dig(member) for word, member in by_word.items()}
    coded = any(member.codes for member in fields.values())
    body = MODULE.substitute(
        source=source,
        mark=MARK,
        imports="$imports",
        path="from pathlib import Path\n" if coded else "",
        codes='CODES: Final = load_codes(Path(__file__).parent / "codes.toml")\n' if coded else "",
        numbers=", ".join(f'"{word}": {said[word]}' for word in IDENTIFIERS if word in said),
        names=", ".join(said.get(word, "None") for word in ("family_name", "given_name", "patronymic")),
        born=f"optional({said['birth_date']}, read_date)" if "birth_date" in said else "None",
        readers="\n".join(_line(field, member) for field, member in fields.items()),
        repeated="\n".join(f"# {MARK}: {path} holds a list: its reader?" for path in described.repeated),
    )
    return Template(body.rstrip()).substitute(imports=_imports(body)) + "\n"


def _imports(body: str) -> str:
    """Name what the module uses, and nothing else."""
    lines = []
    for module, names in FROM.items():
        used = [name for name in names if name == "Reader" or f"{name}(" in body or f", {name})" in body]
        if used:
            lines.append(f"from {module} import {', '.join(used)}")
    return "\n".join(lines)


def _dig(member: Member) -> str:
    return f'dig(answer, "{member.path}")'


def _line(field: str, member: Member) -> str:
    line = f'    Field("{field}"): lambda answer: {_reader(member)},'
    return line if field.startswith("person.") else f"{line}  # {MARK}: is this what it means?"


def _reader(member: Member) -> str:
    if member.leaf.lower() in SEXES:
        return f"read_sex({_dig(member)})"
    if member.codes:
        return f'coded(CODES["{snake(member.path)}"], {_dig(member)})'
    return READERS[member.type].format(said=_dig(member))


def codes_of(source: str, described: Described) -> str:
    """Write `codes.toml`, empty where no member has codes."""
    coded = [member for member in described.members if member.codes]
    if not coded:
        return ""
    lines = [
        f"# The words of {source}, and our codes for them. {MARK}: what we call each, and who says so.",
        f'owner = "{source}"  # {MARK}',
        f"as_of = {datetime.now(UTC).date().isoformat()}",
    ]
    for member in coded:
        lines += ["", f"[codes.{snake(member.path)}]"]
        lines += [f"{_quoted(code)} = {_quoted(_ours(code))}" for code in member.codes]
    return "\n".join(lines) + "\n"


def _ours(code: str) -> str:
    return snake(code).replace("_", "-") or code


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
