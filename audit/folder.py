"""An exported record as files: what lies where, read with a bound, and what should not be there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.event import LARGEST
from audit.tiles import WIDTH, Growth, Key, edge_of, heads_path, parse_path, tile_path

_BOUND = WIDTH * (LARGEST + 2)
_HEIGHT = 8
_NOT_TILES = frozenset({"checkpoint", "log.vkey"})


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in the tlog-tiles layout, of whose content nothing is trusted."""

    path: Path

    def read(self, name: str) -> bytes:
        """Give a file; one that is larger than any honest one is a `ValueError`."""
        with (self.path / name).open("rb") as file:
            content = file.read(_BOUND + 1)
        if len(content) > _BOUND:
            raise ValueError("file-too-large")
        return content

    def text(self, name: str) -> str:
        """Give a text file; what is not UTF-8 is a `ValueError`."""
        return self.read(name).decode()

    def claimed(self, start: int, size: int) -> Growth:
        """Give the tree of the first `start` leaves as the tiles of a log of `size` claim it to be.

        Raises `KeyError`, `OSError` or `ValueError` where they claim nothing that could be one.
        """
        tiles: dict[Key, bytes] = {}
        for level, (_, index) in edge_of(start):
            width = min(WIDTH, (size >> (_HEIGHT * level)) - index * WIDTH)
            if width > 0:
                tiles[level, index] = self.read(tile_path(level, index, width))
        return Growth.resume(start, tiles)

    def heads(self) -> list[str]:
        """Give the bundles of retained heads in order; there is one file for 256 of them."""
        found: list[str] = []
        while (self.path / (name := heads_path(len(found)))).is_file():
            found.append(name)
        last = self.path / f"{name}.p"
        widths = [int(each.name) for each in os.scandir(last)] if last.is_dir() else []
        return [*found, *(heads_path(len(found), width) for width in sorted(widths))]

    def strangers(self, size: int) -> Iterator[str]:
        """Give the files that belong to no log of this size."""
        heads = frozenset(self.heads())
        for folder, _, names in os.walk(self.path):
            for name in names:
                file = (Path(folder) / name).relative_to(self.path).as_posix()
                if file not in heads and not _belongs(file, size):
                    yield file


def bundle_heads(notes: Iterable[str]) -> bytes:
    """Give retained heads as one file: notes with an empty line between them."""
    return "\n".join(notes).encode()


def unbundle_heads(content: str) -> list[str]:
    """Give the notes of such a file; each has one empty line of its own, before its signatures."""
    parts = content.split("\n\n")
    whole = [f"{text}\n\n{lines}\n" for text, lines in zip(parts[:-2:2], parts[1:-2:2], strict=True)]
    return [*whole, "\n\n".join(parts[-2:])]


def _belongs(name: str, size: int) -> bool:
    if name in _NOT_TILES:
        return True
    try:
        level, index, width = parse_path(name)
    except ValueError:
        return False
    full, partial = divmod(size >> (_HEIGHT * (level or 0)), WIDTH)
    return index < full if width == WIDTH else (index, width) == (full, partial)
