"""The tree as the database keeps it: the last signed head, its rightmost tiles, proofs from tiles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.checkpoint import Checkpoint
from audit.merkle import inclusion_proof, inclusion_ranges
from audit.note import NoteError, Verifier
from audit.store import LogDamagedError
from audit.tables import checkpoints, entries, head, tiles
from audit.tiles import Growth, Key, edge_of, needed, subtree

_CHUNK = 512  # hashed between two awaits: about two milliseconds of the event loop


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Proof that an entry is in the tree of a signed head (RFC 9162 §2.1.3): `checkpoint` is its note."""

    index: int
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


async def last_signed(connection: AsyncConnection, verifier: Verifier) -> tuple[str, Checkpoint] | None:
    """Give the newest signed head and what it says, None before the first.

    One that this log's key has not signed is `LogDamagedError`.
    """
    newest = select(checkpoints.c.note).order_by(checkpoints.c.size.desc()).limit(1)
    note: str | None = await connection.scalar(newest)
    if note is None:
        return None
    try:
        return note, Checkpoint.open(note, verifier)
    except NoteError as error:
        raise LogDamagedError(f"checkpoint-{error.code}") from None


async def read_tiles(connection: AsyncConnection, keys: Iterable[Key]) -> Mapping[Key, bytes]:
    """Give the stored tiles of these keys; those that are not stored are left out."""
    query = select(tiles).where(tuple_(tiles.c.level, tiles.c.idx).in_(list(keys)))
    return {(row.level, row.idx): row.data for row in await connection.execute(query)}


async def read_entries(
    connection: AsyncConnection, start: int, end: int | None = None
) -> AsyncIterator[bytes]:
    """Give the entries from `start` on, before `end`; a gap is `LogDamagedError`."""
    while end is None or start < end:
        query = select(entries.c.idx, entries.c.entry).where(entries.c.idx >= start).order_by(entries.c.idx)
        rows = (await connection.execute(query.limit(_CHUNK))).all()
        for index, entry in rows:
            if end is not None and index >= end:
                return
            if index != start:
                raise LogDamagedError("entry-missing")
            yield entry
            start += 1
        if len(rows) < _CHUNK:
            break
    if end is not None and start < end:
        raise LogDamagedError("entry-missing")


async def size_of(connection: AsyncConnection) -> int:
    """Give how many entries the log says it has; another number than there are is `LogDamagedError`.

    Both are read by one statement: others may append meanwhile, and two would see two moments.
    """
    newest = select(func.max(entries.c.idx)).scalar_subquery()
    row = (await connection.execute(select(head.c.size, newest.label("newest")))).first()
    if row is None:
        raise LogDamagedError("head-missing")
    if (row.newest if row.newest is not None else -1) + 1 != row.size:
        raise LogDamagedError("head-differs")
    return int(row.size)


async def resume(connection: AsyncConnection, verifier: Verifier) -> tuple[Growth, Checkpoint | None]:
    """Give the tree of the newest head from its tiles; another root than was signed is `LogDamagedError`."""
    signed = await last_signed(connection, verifier)
    last = signed[1] if signed else None
    size = last.size if last else 0
    try:
        growth = Growth.resume(size, await read_tiles(connection, [key for _, key in edge_of(size)]))
    except KeyError:
        raise LogDamagedError("tile-missing") from None
    if last and growth.root() != last.root:
        raise LogDamagedError("tile-differs")
    return growth, last


async def inclusion(connection: AsyncConnection, index: int, verifier: Verifier) -> Inclusion | None:
    """Give the proof for an entry under the newest head, None while no head covers it."""
    signed = await last_signed(connection, verifier)
    if signed is None or not 0 <= index < signed[1].size:
        return None
    note, last = signed
    found = await read_tiles(connection, needed(inclusion_ranges(index, last.size)))
    try:
        proof = inclusion_proof(index, last.size, lambda start, end: subtree(found, start, end))
    except KeyError:
        raise LogDamagedError("tile-missing") from None
    return Inclusion(index, last.size, tuple(proof), note)
