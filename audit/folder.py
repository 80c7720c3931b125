"""An exported record as files: what lies where, read with a bound, and what should not be there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.event import LARGEST
from audit.tiles import WIDTH, parse_path

_BOUND = WIDTH * (LARGEST + 2)
_HEIGHT = 8


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

    def retained(self) -> list[int]:
        """Give the sizes of the retained heads in order, as their file names say."""
        folder = self.path / "checkpoints"
        if not folder.is_dir():
            return []
        names = (entry.name for entry in os.scandir(folder))
        return sorted(int(name) for name in names if _decimal(name))

    def strangers(self, size: int) -> Iterator[str]:
        """Give the files that belong to no log of this size."""
        for folder, _, names in os.walk(self.path):
            for name in names:
                file = (Path(folder) / name).relative_to(self.path).as_posix()
                if not _belongs(file, size):
                    yield file


def _decimal(name: str) -> bool:
    return name.isascii() and name.isdecimal() and str(int(name[:20])) == name


def _belongs(name: str, size: int) -> bool:
    if name in {"checkpoint", "log.vkey"}:
        return True
    first, _, rest = name.partition("/")
    if first == "checkpoints":
        return _decimal(rest)
    try:
        level, index, width = parse_path(name)
    except ValueError:
        return False
    full, partial = divmod(size >> (_HEIGHT * (level or 0)), WIDTH)
    return index < full if width == WIDTH else (index, width) == (full, partial)
