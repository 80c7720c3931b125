"""Re-wrapping: every key moves to the current KEK, however often it is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from gateway.sealing.keys import KeyRing
from gateway.sealing.rotation import Progress, _next_rows, _rewrap_row, count_old, rewrap
from gateway.storage.tables import subjects
from tests.unit.sealing.samples import add_subjects, make_ring, read_subjects, subjects_at

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(params=["sqlite", POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/obmin.db"
    else:
        yield request.getfixturevalue("postgres_database")


class KilledError(Exception):
    """The process ends here."""


def die(_: Progress) -> None:
    """Stop where the progress is told."""
    raise KilledError


async def test_every_key_moves_beneath_the_current_kek(url: str, tmp_path: Path) -> None:
    """After a rotation all keys are beneath the new version, and all data opens as before."""
    ring = make_ring(tmp_path)
    told: list[Progress] = []
    async with subjects_at(url) as engine:
        await add_subjects(engine, ring, 25)
        rotated = KeyRing.rotate(ring.path)
        old = await count_old(engine, rotated)
        done = await rewrap(engine, rotated, batch=10, report=told.append)
        versions = await read_subjects(engine, rotated)

    assert (old, done) == (25, Progress(rewrapped=25))
    assert [progress.rewrapped for progress in told] == [10, 20, 25]
    assert set(versions.values()) == {2}


async def test_a_killed_rotation_goes_on(url: str, tmp_path: Path) -> None:
    """What was done before the kill stays done, and a new start does the rest alone."""
    ring = make_ring(tmp_path)
    async with subjects_at(url) as engine:
        await add_subjects(engine, ring, 25)
        rotated = KeyRing.rotate(ring.path)
        with pytest.raises(KilledError):
            await rewrap(engine, rotated, batch=10, report=die)
        half_way = await read_subjects(engine, rotated)
        done = await rewrap(engine, rotated, batch=10)
        again = await rewrap(engine, rotated, batch=10)

    assert sorted(half_way.values()) == [1] * 15 + [2] * 10
    assert (done, again) == (Progress(rewrapped=15), Progress())


async def test_two_rotations_one_after_the_other_leave_one_version(url: str, tmp_path: Path) -> None:
    """Keys of several older versions all end beneath the newest."""
    ring = make_ring(tmp_path)
    async with subjects_at(url) as engine:
        await add_subjects(engine, ring, 5)
        await add_subjects(engine, KeyRing.rotate(ring.path), 5, start=5)
        newest = KeyRing.rotate(ring.path)
        done = await rewrap(engine, newest)
        versions = await read_subjects(engine, newest)

    assert done == Progress(rewrapped=10)
    assert set(versions.values()) == {3}


async def test_a_key_changed_meanwhile_is_not_overwritten(url: str, tmp_path: Path) -> None:
    """A row that another rotation changed after it was read is left as the other left it."""
    ring = make_ring(tmp_path)
    async with subjects_at(url) as engine:
        await add_subjects(engine, ring, 1)
        rotated = KeyRing.rotate(ring.path)
        async with engine.connect() as connection:
            (stale,) = await _next_rows(connection, rotated.current, "", 10)
        await rewrap(engine, rotated)
        async with engine.begin() as connection:
            progress = await _rewrap_row(connection, rotated, stale, Progress())
        versions = await read_subjects(engine, rotated)

    assert progress == Progress(raced=1)
    assert set(versions.values()) == {2}


async def test_a_key_that_does_not_open_is_counted_and_kept(url: str, tmp_path: Path) -> None:
    """A damaged row neither stops the others nor is written to."""
    ring = make_ring(tmp_path)
    damaged = subjects.c.ref == f"{1:032x}"
    async with subjects_at(url) as engine:
        await add_subjects(engine, ring, 3)
        async with engine.begin() as connection:
            await connection.execute(update(subjects).where(damaged).values(wrapped_key=b"damaged"))
        rotated = KeyRing.rotate(ring.path)
        done = await rewrap(engine, rotated, batch=1)
        left = await count_old(engine, rotated)
        async with engine.begin() as connection:
            await connection.execute(delete(subjects).where(damaged))
        versions = await read_subjects(engine, rotated)

    assert (done, left) == (Progress(rewrapped=2, broken=1), 1)
    assert set(versions.values()) == {2}


async def test_an_older_ring_takes_nothing_back(url: str, tmp_path: Path) -> None:
    """A process that has not seen the rotation leaves newer keys where they are."""
    ring = make_ring(tmp_path)
    older = KeyRing.load(ring.path)
    async with subjects_at(url) as engine:
        await add_subjects(engine, KeyRing.rotate(ring.path), 3)
        done = await rewrap(engine, older)
        versions = await read_subjects(engine, ring)

    assert done == Progress()
    assert set(versions.values()) == {2}
