"""A registry's folder from a description: written whole, and tried, before anybody edits a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.catalog import read_entry
from adapters.scaffold.description import MARK, Described, DescriptionError
from adapters.scaffold.files import SIMULATOR, TEST, manifest_of, samples_of, words_of
from adapters.scaffold.mapping import codes_of, mapping_of
from adapters.scaffold.samples import invent

NAME: Final = re.compile("[a-z][a-z0-9-]*")


def draft(source: str, described: Described, folder: Path) -> list[Path]:
    """Write the folder of one registry within `folder` and give its files. Nothing there is overwritten.

    Raises `DescriptionError` for a name that is none, a folder that is there, or an answer without members.
    """
    if not NAME.fullmatch(source):
        raise DescriptionError("a name has small Latin letters, digits and dashes, and begins with a letter")
    if not described.members:
        raise DescriptionError(
            "the answer has no plain member: is this the operation that tells of a person?"
        )
    here = folder / source.replace("-", "_")
    if here.exists():
        raise DescriptionError(f"{here} is there already; nothing was written")
    said = invent(described)
    written = {
        "__init__.py": f'"""{source}: a registry, drafted from its description."""\n'.encode(),
        "manifest.toml": manifest_of(source, described).encode(),
        "mapping.py": mapping_of(source, described).encode(),
        "simulator.py": SIMULATOR.encode(),
        f"test_{here.name}.py": TEST.encode(),
        **({"codes.toml": codes.encode()} if (codes := codes_of(source, described)) else {}),
        "words.toml": words_of(source, described).encode(),
        **{f"samples/{name}": content for name, content in described.beside.items()},
        "samples/records.json": b"{}",
    }
    for name, content in written.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(content)
    (here / "samples" / "records.json").write_bytes(samples_of(said, _means(here, said)))
    return [here / name for name in written]


def _means(folder: Path, said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give what the drafted mapping itself makes of the samples."""
    readers = read_entry(folder).module("mapping").READERS
    found = {
        key: {field: value for field, read in readers.items() if (value := read(record)) is not None}
        for key, record in said.items()
    }
    means: dict[str, dict[str, Any]] = orjson.loads(orjson.dumps(found))
    return means


def marks(files: list[Path]) -> list[str]:
    """Name each place that a person must look at: file, line, and what it says there."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path in files
        if path.suffix in {".py", ".toml"}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if MARK in line
    ]
