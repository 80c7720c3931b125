"""What the tests of sealing are made of: a ring in a folder, a place, databases with subjects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.vocabulary import SubjectRef
from gateway.sealing.envelope import Context, SubjectKey
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import open_engine
from gateway.storage.tables import metadata, subjects

ORIGIN = "obmin.example/log"
REF = SubjectRef("0" * 32)
PLACE = Context(tenant="demo", table="exchanges", record="x-1", field="answer", contract="sha-256:00")
CANARY = b"CANARY-3311845622"


def make_ring(folder: Path) -> KeyRing:
    """Create a key file in a folder."""
    return KeyRing.create(folder / "keys.json", ORIGIN)


@asynccontextmanager
async def subjects_at(url: str) -> AsyncIterator[AsyncEngine]:
    """Give an engine on a database with the gateway's tables."""
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield engine
    finally:
        await engine.dispose()


async def add_subjects(engine: AsyncEngine, ring: KeyRing, count: int, start: int = 0) -> None:
    """Write subjects whose identity is their own reference, sealed beneath their key."""
    rows = [_row(ring, SubjectRef(f"{number:032x}")) for number in range(start, start + count)]
    async with engine.begin() as connection:
        await connection.execute(insert(subjects), rows)


async def read_subjects(engine: AsyncEngine, ring: KeyRing) -> dict[str, int]:
    """Open every subject's identity with the ring; give each one's KEK version."""
    async with engine.connect() as connection:
        rows = (await connection.execute(select(subjects))).all()
    for row in rows:
        ref = SubjectRef(row.ref)
        key = SubjectKey.unwrap(ring, ref, row.wrapped_key, row.kek_version)
        assert key.open(row.identity, _place(ref)) == ref.encode()
    return {row.ref: row.kek_version for row in rows}


def _row(ring: KeyRing, ref: SubjectRef) -> dict[str, object]:
    key, wrapped, version = SubjectKey.create(ring, ref)
    identity = key.seal(ref.encode(), _place(ref))
    return {"ref": ref, "wrapped_key": wrapped, "kek_version": version, "identity": identity, "masks": "[]"}


def _place(ref: SubjectRef) -> Context:
    return Context(tenant="demo", table="subjects", record=ref, field="identity")
