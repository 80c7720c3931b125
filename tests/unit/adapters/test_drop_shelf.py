"""An extract at rest: replaced in one step, and a build that was killed goes on or is begun anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adapters.protocols.drop_shelf import BATCH, Record, Shelf

SECRET = bytes(range(32))


class KilledError(BaseException):
    """Stands for a kill: nothing catches it."""


def records(count: int, killed_at: int = -1) -> Iterator[Record]:
    """Give so many records, and a kill on the way."""
    for number in range(count):
        if number == killed_at:
            raise KilledError
        yield Record({"number": number}, [f"number={number}"])


def test_a_killed_build_goes_on_where_it_had_committed(tmp_path: Path) -> None:
    """What is there stays in use; the same extract is then built from the last commit to the end."""
    shelf, size = Shelf(tmp_path, SECRET), 3 * BATCH
    shelf.replace("first", date(2026, 11, 22), records(1))
    with pytest.raises(KilledError):
        shelf.replace("second", date(2026, 11, 23), records(size, killed_at=2 * BATCH + 7))

    assert shelf.as_of() == date(2026, 11, 22)
    assert shelf.replace("second", date(2026, 11, 23), records(size)) == size
    assert shelf.as_of() == date(2026, 11, 23)
    assert [shelf.find(f"number={number}") for number in (0, 2 * BATCH, size - 1)] == [
        [{"number": 0}],
        [{"number": 2 * BATCH}],
        [{"number": size - 1}],
    ]


def test_another_extract_does_not_go_on_with_a_killed_one(tmp_path: Path) -> None:
    """Nothing of the killed build is in the next one."""
    shelf = Shelf(tmp_path, SECRET)
    with pytest.raises(KilledError):
        shelf.replace("first", date(2026, 11, 22), records(2 * BATCH, killed_at=BATCH + 1))

    shelf.replace("second", date(2026, 11, 23), iter([Record({"only": True}, ["only=1"])]))

    assert shelf.find("number=1") == []
    assert shelf.find("only=1") == [{"only": True}]


def test_what_a_build_left_unreadable_is_begun_anew(tmp_path: Path) -> None:
    """A torn file is thrown away, and the next round takes the extract in."""
    shelf = Shelf(tmp_path, SECRET)
    (tmp_path / "shelf.db.new").write_bytes(os.urandom(4096))

    with pytest.raises(sqlite3.DatabaseError):
        shelf.replace("first", date(2026, 11, 22), records(1))

    assert shelf.replace("first", date(2026, 11, 22), records(1)) == 1
