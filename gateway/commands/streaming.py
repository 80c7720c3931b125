"""The record into one file, in another format: with progress, and taken up again where it broke off."""

from __future__ import annotations

import asyncio
import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

from audit.export import Progress
from audit.formats import COLUMNS
from audit.query import Filter
from config.settings import Settings
from contracts.vocabulary import AgencyId, ObminError
from gateway.app import lay_foundation
from gateway.oversight.services import Oversight


class ExportFileError(ObminError):
    """The file cannot take an export: it is there already, or what is there cannot be taken up again."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is written where. With `resume` an unfinished file is taken up behind its last whole entry."""

    out: Path
    format: str
    wanted: Filter
    resume: bool

    @property
    def draft(self) -> Path:
        """The file until it is whole."""
        return self.out.with_name(f"{self.out.name}.part")


async def stream_to(settings: Settings, wish: Wish, progress: Progress) -> int:
    """Write an export; give how many entries. The file has its name only when it is whole.

    Raises:
        ExportFileError: the file is there already, or nothing there can be taken up again.
    """
    if wish.out.exists():
        raise ExportFileError(f"{wish.out}: is there already")
    wanted = replace(wish.wanted, after=await asyncio.to_thread(_resumed, wish))
    async with lay_foundation(settings) as foundation:
        exports = Oversight.open(foundation).exports
        export = await exports.begin(AgencyId("operator"), wish.format, wanted)
        with wish.draft.open("ab" if wish.resume else "wb") as file:
            async for piece in exports.stream(export):
                file.write(piece)
                progress(export.wanted.after or 0, export.size)
    wish.draft.rename(wish.out)
    return export.count


def _resumed(wish: Wish) -> int | None:
    """Cut an unfinished file behind its last whole entry; give that entry's index, None to begin anew."""
    if not wish.resume:
        return None
    if not wish.draft.exists():
        raise ExportFileError(f"{wish.draft}: is not there; leave --resume out to begin")
    content = wish.draft.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.splitlines(keepends=True)
    while lines and (index := _index(lines[-1], wish.format)) is None:
        lines.pop()
    if not lines:
        raise ExportFileError(f"{wish.draft}: no entry in it; leave --resume out to begin")
    wish.draft.write_bytes(b"".join(lines))
    return index


def _index(line: bytes, name: str) -> int | None:
    """Give the index of the entry on a line; None for a head or an end."""
    text = line.decode("utf-8", "replace")
    if name == "csv":
        cells = next(csv.reader([text]), [])
        return _whole(cells[0]) if len(cells) == len(COLUMNS) and cells[2] != "end" else None
    read = json.loads(text)
    if name == "jsonl":
        return _whole(str(read.get("index")))
    identifier = read["entity"][-1]["what"]["identifier"] if read["resourceType"] == "AuditEvent" else {}
    return _whole(str(identifier.get("value")))


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
