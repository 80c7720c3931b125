"""A registry's extract at rest: one SQLite file, every record sealed, found by keyed blind indexes alone.

The file is built beside the one in use and takes its place in one step. A build that was killed goes on where
it had committed.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE: Final = 12
BLIND: Final = 16
BATCH: Final = 500
"""Records between two commits: what a killed build does again at most."""

SCHEMA: Final = """
create table if not exists extract (digest text primary key, as_of text not null, taken integer not null);
create table if not exists records (number integer primary key, sealed blob not null);
create table if not exists keys (blind blob not null, number integer not null, primary key (blind, number))
    without rowid;
"""


class ShelfBrokenError(Exception):
    """The shelf cannot be read with this secret: another deployment's, or changed. Says no more."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an extract: what it says, and the texts by which its person is found."""

    said: Any
    keys: Sequence[str]

    def __repr__(self) -> str:
        return "Record(…)"


class Shelf:
    """The records of one source. `secret` (32 bytes) keys both the seals and the indexes."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._file = folder / "shelf.db"
        self._building = folder / "shelf.db.new"
        self._index = hmac.digest(secret, b"obmin drop index", "sha256")
        self._cipher = AESGCM(hmac.digest(secret, b"obmin drop seal", "sha256"))

    def as_of(self) -> date | None:
        """Give the date of the extract that can be asked, None where there is none yet."""
        if not self._file.exists():
            return None
        with closing(self._open(self._file)) as database:
            (written,) = database.execute("select as_of from extract").fetchone()
        return date.fromisoformat(written)

    def find(self, key: str) -> list[Any]:
        """Give every record whose person is found by this text. Raises `ShelfBrokenError`."""
        with closing(self._open(self._file)) as database:
            rows = database.execute(
                "select number, sealed from records join keys using (number) where blind = ?",
                (self._blind(key),),
            ).fetchall()
        return [self._unsealed(number, sealed) for number, sealed in rows]

    def replace(self, digest: str, as_of: date, records: Iterable[Record]) -> int:
        """Put one extract in place of the last; give the number of its records.

        Nothing changes for readers before everything is durable. Where the same extract (`digest`) was begun
        before, what is committed of it is not done again. What `records` raises leaves the shelf as it was.
        """
        try:
            taken = self._build(digest, as_of, iter(records))
        except sqlite3.DatabaseError:
            self._discard()  # a build that a kill has left unreadable is begun anew
            raise
        self._building.replace(self._file)
        _sync(self._file.parent)
        return taken

    def _build(self, digest: str, as_of: date, records: Iterator[Record]) -> int:
        with closing(self._open(self._building, write=True)) as database:
            begun = database.execute("select taken from extract where digest = ?", (digest,)).fetchone()
            if begun is None:
                self._begin(database, digest, as_of)
            taken = begun[0] if begun else 0
            for _ in islice(records, taken):
                pass
            while batch := list(islice(records, BATCH)):
                self._put(database, taken, batch)
                taken += len(batch)
                database.execute("update extract set taken = ?", (taken,))
                database.commit()
        return taken

    def _begin(self, database: sqlite3.Connection, digest: str, as_of: date) -> None:
        for table in ("extract", "records", "keys"):
            database.execute(f"delete from {table}")  # noqa: S608  three names of ours
        database.execute("insert into extract values (?, ?, 0)", (digest, as_of.isoformat()))
        database.commit()

    def _put(self, database: sqlite3.Connection, taken: int, batch: Sequence[Record]) -> None:
        numbered = list(enumerate(batch, taken + 1))
        database.executemany(
            "insert into records values (?, ?)",
            [(number, self._sealed(number, record.said)) for number, record in numbered],
        )
        database.executemany(
            "insert or ignore into keys values (?, ?)",
            [(self._blind(key), number) for number, record in numbered for key in record.keys],
        )

    def _discard(self) -> None:
        for suffix in ("", "-journal"):
            with suppress(FileNotFoundError):
                Path(f"{self._building}{suffix}").unlink()

    def _open(self, file: Path, *, write: bool = False) -> sqlite3.Connection:
        if not write:
            return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        database = sqlite3.connect(file)
        database.execute("pragma synchronous = full")
        database.executescript(SCHEMA)
        return database

    def _blind(self, key: str) -> bytes:
        return hmac.digest(self._index, key.encode(), "sha256")[:BLIND]

    def _sealed(self, number: int, said: Any) -> bytes:
        nonce = token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, orjson.dumps(said), b"%d" % number)

    def _unsealed(self, number: int, sealed: bytes) -> Any:
        try:
            return orjson.loads(self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], b"%d" % number))
        except InvalidTag:
            raise ShelfBrokenError from None


def _sync(folder: Path) -> None:
    """Make a name in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
