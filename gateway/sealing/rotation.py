"""Move every subject's key beneath the current KEK: in the background, in batches, as often as killed.

Nothing is remembered between batches but what the rows themselves say, so a new start goes on where
the last one stopped, and two at once only find less to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.sealing.keys import EnvelopeBrokenError, KeyRing
from gateway.storage.tables import subjects

BATCH = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is, in subjects. `raced` were changed by another at the same time."""

    rewrapped: int = 0
    raced: int = 0
    broken: int = 0


async def rewrap(
    engine: AsyncEngine,
    ring: KeyRing,
    batch: int = BATCH,
    report: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Re-wrap every key that an older KEK version wraps; give what was done.

    Each batch is one transaction. Only keys are opened, no person's data. A row is written only if it
    is still as it was read. A key that does not open is counted as broken and left as it is. One
    beneath a newer version than the ring's is left too: its process has rotated, ours has not seen it.
    """
    progress, after = Progress(), ""
    while True:
        async with engine.begin() as connection:
            rows = await _next_rows(connection, ring.current, after, batch)
            for row in rows:
                progress = await _rewrap_row(connection, ring, row, progress)
        if not rows:
            return progress
        after = rows[-1].ref
        report(progress)


async def count_old(engine: AsyncEngine, ring: KeyRing) -> int:
    """Count the subjects whose key an older KEK version still wraps: at 0 the older ones can go."""
    query = select(func.count()).select_from(subjects).where(subjects.c.kek_version < ring.current)
    async with engine.connect() as connection:
        return int((await connection.execute(query)).scalar_one())


async def _next_rows(
    connection: AsyncConnection, current: int, after: str, batch: int
) -> Sequence[Row[str, bytes, int]]:
    query = (
        select(subjects.c.ref, subjects.c.wrapped_key, subjects.c.kek_version)
        .where(subjects.c.kek_version < current, subjects.c.ref > after)
        .order_by(subjects.c.ref)
        .limit(batch)
    )
    return (await connection.execute(query)).all()


async def _rewrap_row(
    connection: AsyncConnection, ring: KeyRing, row: Row[str, bytes, int], so_far: Progress
) -> Progress:
    try:
        wrapped = ring.wrap(ring.unwrap(row.wrapped_key, row.ref, row.kek_version), row.ref)
    except EnvelopeBrokenError:
        return Progress(so_far.rewrapped, so_far.raced, so_far.broken + 1)
    unchanged = (subjects.c.ref == row.ref) & (subjects.c.kek_version == row.kek_version)
    change = update(subjects).where(unchanged).values(wrapped_key=wrapped, kek_version=ring.current)
    done = (await connection.execute(change)).rowcount
    return Progress(so_far.rewrapped + done, so_far.raced + 1 - done, so_far.broken)
