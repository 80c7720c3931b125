"""Logs as folders, written without a database, so that a test can sign what no honest log would hold."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from audit.checkpoint import Checkpoint
from audit.event import Event, Kind
from audit.folder import Folder, bundle_heads, unbundle_heads
from audit.log import Log
from audit.merkle import leaf_hash
from audit.note import Signer
from audit.report import Report
from audit.tiles import WIDTH, Growth, bundle, bundle_path, heads_path, tile_path, unbundle
from tests.unit.audit.records import NOW, SIGNER, event, mandate, outcomes

SECOND = timedelta(seconds=1)
VKEY = str(SIGNER.verifier)
EXCHANGES, OTHERS = 150, 300
SIZE = 2 * EXCHANGES + OTHERS
HEADS = (1, 255, 256, 257, 400, 512, 550)
LAST = SIZE - 2 * WIDTH
FORGER = Signer.of(SIGNER.name, bytes(32))


class Memory:
    """A store that keeps what it is given."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []

    async def write(self, batch: Sequence[object]) -> list[int]:
        """Keep the batch."""
        start = len(self.entries)
        self.entries += [getattr(entry, "content", b"") for entry in batch]
        return list(range(start, len(self.entries)))

    async def find(self, _ids: Sequence[str]) -> dict[str, int]:
        """Find nothing."""
        return {}

    async def close(self) -> None:
        """Have nothing to let go of."""


async def exchange(log: Log, exchange_id: str, at: datetime = NOW) -> None:
    """Record an exchange from intent to release."""
    asked = mandate(exchange_id)
    intent = await log.intend(asked, at)
    await log.release(intent, asked, outcomes(), at + SECOND)


async def story(exchanges: int, others: int) -> list[bytes]:
    """Give the entries of that many exchanges, and of other events after them."""
    memory = Memory()
    log = Log(memory, SIGNER)
    for number in range(exchanges):
        await exchange(log, f"exchange-{number}")
    for number in range(others):
        await log.note(event(Kind.READ, id=f"read-{number}", at=NOW + 2 * SECOND))
    return memory.entries


def write_log(
    folder: Path, entries: Sequence[bytes], heads: Sequence[int] = (), signer: Signer = SIGNER
) -> None:
    """Write a log of these entries, signed at these sizes and at the end."""
    growth, notes = Growth(), []
    for entry in entries:
        notes += [sign(growth, signer)] * (growth.size in heads)
        growth.append(leaf_hash(entry))
    notes.append(sign(growth, signer))
    write_heads(folder, notes)
    write(folder / "checkpoint", notes[-1].encode())
    for (level, index), tile in (growth.fresh | growth.partial()).items():
        write(folder / tile_path(level, index, len(tile) // 32), tile)
    for start in range(0, len(entries), WIDTH):
        listed = entries[start : start + WIDTH]
        write(folder / bundle_path(start // WIDTH, len(listed)), bundle(listed))
    write(folder / "log.vkey", f"{signer.verifier}\n".encode())


def sign(growth: Growth, signer: Signer = SIGNER) -> str:
    """Give the signed head of a tree."""
    return Checkpoint(signer.name, growth.size, growth.root()).sign(signer)


def write_heads(folder: Path, notes: Sequence[str]) -> None:
    """Retain these heads and no others."""
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    for start in range(0, len(notes), WIDTH):
        listed = notes[start : start + WIDTH]
        write(folder / heads_path(start // WIDTH, len(listed)), bundle_heads(listed))


def heads_of(folder: Path) -> dict[int, str]:
    """Give the retained heads by size."""
    notes = [note for name in Folder(folder).heads() for note in unbundle_heads(Folder(folder).text(name))]
    return {int(note.split("\n")[1]): note for note in notes}


def write(path: Path, content: bytes) -> None:
    """Write a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def entries_of(folder: Path, index: int, width: int) -> list[bytes]:
    """Read a bundle."""
    return unbundle((folder / bundle_path(index, width)).read_bytes())


def rewrite(folder: Path, index: int, width: int, entries: Sequence[bytes]) -> None:
    """Put other entries into a bundle."""
    write(folder / bundle_path(index, width), bundle(entries))


def altered(entry: bytes, **members: Any) -> bytes:
    """Give an entry with other members, canonical again."""
    return replace(Event.parse(entry), **members).canonical()


def found(report: Report) -> tuple[int | None, str]:
    """Say where and what the first problem is."""
    assert report.first is not None
    return report.first.index, report.first.what


def every_entry(folder: Path) -> list[bytes]:
    """Read the entries of the honest log."""
    widths = ((0, 256), (1, 256), (2, LAST))
    return [entry for index, width in widths for entry in entries_of(folder, index, width)]
