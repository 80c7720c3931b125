"""Writes the record as a folder in the tlog-tiles layout, from the database alone.

    OUT/checkpoint  OUT/log.vkey  OUT/checkpoints/…  OUT/tile/<level>/…  OUT/tile/entries/…

The folder is what any static web server or object store can serve and `audit.verify` can check.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.folder import bundle_heads
from audit.merkle import SIZE
from audit.note import Verifier
from audit.store import LogDamagedError
from audit.tables import checkpoints, tiles
from audit.tiles import WIDTH, bundle, bundle_path, heads_path, layout, tile_path
from audit.tree import last_signed, read_entries
from contracts.vocabulary import ObminError


class ExportRefusedError(ObminError):
    """The folder cannot take an export. `code` says why: `not-empty`, `nothing-signed`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Progress = Callable[[int, int], None]
"""Told how many entries of how many are written."""


async def export(
    connection: AsyncConnection,
    folder: Path,
    verifier: Verifier,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Write the log up to its newest head into an absent or empty folder; give the number of entries.

    The head is written last: a folder without `checkpoint` is an export that was broken off.
    Memory does not grow with the log. What is stored is written as it is, right or wrong;
    telling is the verifier's part.
    """
    signed = await last_signed(connection, verifier)
    if signed is None:
        raise ExportRefusedError("nothing-signed")
    note, last = signed
    await asyncio.to_thread(_open, folder)
    for level, index, width in layout(last.size):
        tile = await _tile(connection, level, index, width)
        await asyncio.to_thread(_write, folder / tile_path(level, index, width), tile)
        if level == 0:
            start = index * WIDTH
            listed = [entry async for entry in read_entries(connection, start, start + width)]
            await asyncio.to_thread(_write, folder / bundle_path(index, width), bundle(listed))
            progress(start + width, last.size)
    await _write_heads(connection, folder, last.size)
    await asyncio.to_thread(_write, folder / "log.vkey", f"{verifier}\n".encode())
    await asyncio.to_thread(_write, folder / "checkpoint", note.encode())
    return last.size


async def _tile(connection: AsyncConnection, level: int, index: int, width: int) -> bytes:
    query = select(tiles.c.data).where(tiles.c.level == level, tiles.c.idx == index)
    data: bytes | None = await connection.scalar(query)
    if data is None:
        raise LogDamagedError("tile-missing")
    return data[: width * SIZE]


async def _write_heads(connection: AsyncConnection, folder: Path, size: int) -> None:
    """Write every head up to `size`, 256 to a file: one a file would be millions."""
    query = select(checkpoints.c.note).where(checkpoints.c.size <= size).order_by(checkpoints.c.size)
    async with connection.stream_scalars(query) as notes:
        count = 0
        async for listed in notes.partitions(WIDTH):
            path = folder / heads_path(count, len(listed))
            await asyncio.to_thread(_write, path, bundle_heads(listed))
            count += 1


def _open(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ExportRefusedError("not-empty")


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
