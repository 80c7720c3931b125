"""Writes the record as a folder in the tlog-tiles layout, from the database alone.

    OUT/checkpoint  OUT/log.vkey  OUT/checkpoints/…  OUT/tile/<level>/…  OUT/tile/entries/…

The folder is what any static web server or object store can serve and `audit.verify` can check.
Retained heads lie 256 to a file, notes with an empty line between them, numbered as tiles are: with
one head a second, a file each would be as many files as a log has entries.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.checkpoint import Checkpoint
from audit.folder import Folder, bundle_heads
from audit.merkle import SIZE
from audit.note import NoteError, Verifier
from audit.store import LogDamagedError
from audit.tables import checkpoints, tiles, witnessed
from audit.tiles import WIDTH, Growth, bundle, bundle_path, edge_of, heads_path, layout, parse_path, tile_path
from audit.tree import last_signed, read_entries, read_tiles
from contracts.vocabulary import ObminError

_HEIGHT = 8


class ExportRefusedError(ObminError):
    """The folder cannot take the log. `code` says why.

    `not-empty`, `nothing-signed`, `not-ours` (its head is not signed by this log), `rollback` (it holds
    more than the database: the database is an older copy), `fork` (it holds another history).
    """

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
    if signed is not None and await asyncio.to_thread(_holds_files, folder):
        raise ExportRefusedError("not-empty")
    return await publish(connection, folder, verifier, progress)


async def publish(
    connection: AsyncConnection,
    folder: Path,
    verifier: Verifier,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Bring a folder up to the newest head, writing only what it lacks; give the number of entries.

    Whoever serves the folder meanwhile serves a whole log: new files are written first, then the head,
    and only then the partial tiles that it replaces are taken away.
    """
    signed = await last_signed(connection, verifier)
    if signed is None:
        raise ExportRefusedError("nothing-signed")
    note, last = signed
    held = await _held(connection, folder, verifier, last.size)
    for level, index, width in _fresh(held, last.size):
        tile = await _tile(connection, level, index, width)
        await asyncio.to_thread(_write, folder / tile_path(level, index, width), tile)
        if level == 0:
            start = index * WIDTH
            listed = [entry async for entry in read_entries(connection, start, start + width)]
            await asyncio.to_thread(_write, folder / bundle_path(index, width), bundle(listed))
            progress(start + width, last.size)
    stale = await _write_heads(connection, folder, held, last.size)
    await asyncio.to_thread(_write, folder / "log.vkey", f"{verifier}\n".encode())
    await asyncio.to_thread(_write, folder / "checkpoint", note.encode())
    await asyncio.to_thread(_tidy, folder, last.size, stale)
    return last.size


async def _held(connection: AsyncConnection, folder: Path, verifier: Verifier, size: int) -> int:
    """Give how many entries the folder holds already, once it is sure that they are the same ones."""
    try:
        held = Checkpoint.open(await asyncio.to_thread(Folder(folder).text, "checkpoint"), verifier)
    except FileNotFoundError:
        return 0
    except (NoteError, ValueError):
        raise ExportRefusedError("not-ours") from None
    if held.size > size:
        raise ExportRefusedError("rollback")
    try:
        stored = await read_tiles(connection, [key for _, key in edge_of(held.size)])
        growth = Growth.resume(held.size, stored)
    except KeyError:
        raise LogDamagedError("tile-missing") from None
    if growth.root() != held.root:
        raise ExportRefusedError("fork")
    return held.size


def _fresh(held: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Give the tiles of a tree of `size` that a tree of `held` does not have in the same width."""
    for level, index, width in layout(size):
        had = (held >> (_HEIGHT * level)) - index * WIDTH
        if had < width:
            yield level, index, width


async def _tile(connection: AsyncConnection, level: int, index: int, width: int) -> bytes:
    query = select(tiles.c.data).where(tiles.c.level == level, tiles.c.idx == index)
    data: bytes | None = await connection.scalar(query)
    if data is None:
        raise LogDamagedError("tile-missing")
    return data[: width * SIZE]


async def _write_heads(connection: AsyncConnection, folder: Path, held: int, size: int) -> list[str]:
    """Write the bundles of heads that the folder lacks, with cosignatures; give those that they replace."""
    count = select(func.count()).select_from(checkpoints).where(checkpoints.c.size <= held)
    number = (await connection.scalar(count) or 0 if held else 0) // WIDTH
    stale = (await asyncio.to_thread(Folder(folder).heads))[number:]
    note = func.coalesce(witnessed.c.note, checkpoints.c.note)
    query = select(note).outerjoin(
        witnessed, (witnessed.c.size == checkpoints.c.size) & (witnessed.c.note != "")
    )
    query = query.where(checkpoints.c.size <= size).order_by(checkpoints.c.size).offset(number * WIDTH)
    async with connection.stream_scalars(query) as notes:
        async for listed in notes.partitions(WIDTH):
            path = heads_path(number, len(listed))
            await asyncio.to_thread(_write, folder / path, bundle_heads(listed))
            stale = [each for each in stale if each != path]
            number += 1
    return stale


def _tidy(folder: Path, size: int, stale: list[str]) -> None:
    """Take away what fuller files replace: partial tiles, bundles of heads, files that were broken off."""
    for name in [*Folder(folder).strangers(size)]:
        if name.endswith(".unfinished") or _is_partial(name):
            (folder / name).unlink()
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    for partial in folder.rglob("*.p"):
        if not any(partial.iterdir()):
            partial.rmdir()


def _is_partial(name: str) -> bool:
    try:
        return parse_path(name)[2] < WIDTH
    except ValueError:
        return False


def _holds_files(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
