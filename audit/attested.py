"""How far the record is signed and witnessed: the newest head and quorum, each witness's last size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.checkpoint import Checkpoint
from audit.note import Verifier, split_note
from audit.store import instant
from audit.tables import checkpoints, witness_sizes, witnessed
from audit.tree import size_of


@dataclass(frozen=True, slots=True)
class Quorum:
    """The newest head that enough witnesses have cosigned: its size, when, and whose names stand beneath."""

    size: int
    at: datetime
    cosigners: Sequence[str]


@dataclass(frozen=True, slots=True)
class Attested:
    """What is known of the record's head. `entries` may be ahead of what is signed by a second or so."""

    entries: int
    head: Checkpoint | None
    note: str
    at: datetime | None
    quorum: Quorum | None
    witnesses: Sequence[tuple[str, int]]


async def attested(connection: AsyncConnection, verifier: Verifier) -> Attested:
    """Read how far the record of `verifier`'s log is signed and witnessed; the signature is checked."""
    newest = select(checkpoints.c.note, checkpoints.c.at).order_by(checkpoints.c.size.desc()).limit(1)
    row = (await connection.execute(newest)).first()
    sizes = select(witness_sizes.c.witness, witness_sizes.c.size).order_by(witness_sizes.c.witness)
    return Attested(
        entries=await size_of(connection),
        head=Checkpoint.open(row.note, verifier) if row else None,
        note=row.note if row else "",
        at=instant(row.at) if row else None,
        quorum=await _quorum(connection, verifier),
        witnesses=[(each.witness, each.size) for each in await connection.execute(sizes)],
    )


async def _quorum(connection: AsyncConnection, verifier: Verifier) -> Quorum | None:
    newest = select(witnessed).where(witnessed.c.note != "").order_by(witnessed.c.size.desc()).limit(1)
    row = (await connection.execute(newest)).first()
    if row is None:
        return None
    _, signatures = split_note(row.note)
    names = sorted({name for name, _, _ in signatures} - {verifier.name})
    return Quorum(row.size, instant(row.at), names)
