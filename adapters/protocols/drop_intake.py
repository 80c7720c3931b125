"""Taking in a nightly extract: opened with the gateway's key, read line by line, shelved or quarantined.

A registry puts `NAME-YYYY-MM-DD.csv.jwe` (or `.json.jwe`) into `incoming`, under another name until it is
whole. What is malformed goes to `quarantine` beside a note that says in which line and why, never what stood
there; the last good extract stays in use.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey

from adapters.protocols.drop_shelf import Record, Shelf
from adapters.protocols.strict_json import UnreadableError, read_json
from adapters.protocols.switches import Drop

ALGORITHMS: Final = JWERegistry(algorithms=["ECDH-ES+A256KW", "ECDH-ES", "A256GCM"])
HEADER: Final = frozenset({"alg", "enc", "kid", "typ", "cty", "epk"})
DATED: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.(csv|json)\.jwe\Z", re.ASCII)
LARGEST: Final = 67_108_864
"""Bytes of one extract, sealed as it comes."""

Judge = Callable[[Any], Record]
"""Turns one line into a record, or raises `MalformedError`."""


class MalformedError(Exception):
    """A line of an extract that cannot be used. Holds a code, never the line."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: how many records were shelved, or in which line (0: none) and why not."""

    file: str
    records: int = 0
    line: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes in what lies in one source's folder. Safe to run again, and in several processes."""

    folder: Path
    manifest: Drop
    key: ECKey
    shelf: Shelf
    judge: Judge

    def run(self) -> list[Taken]:
        """Take in every file that is there, oldest extract first. Blocking."""
        incoming = self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        with _alone(self.folder):
            files = sorted(incoming.glob("*.jwe"), key=lambda file: (_dated(file), file.name))
            return [self._take(file) for file in files]

    def _take(self, file: Path) -> Taken:
        at = 0

        def counted(lines: Iterator[Any]) -> Iterator[Record]:
            nonlocal at
            at = self.manifest.first_line
            for said in lines:
                yield self.judge(said)
                at += 1
            if at == self.manifest.first_line:
                at = 0
                raise MalformedError("empty")

        try:
            as_of, content, sealed = self._open(file)
            records = counted(self._lines(content))
            taken = self.shelf.replace(hashlib.sha256(sealed).hexdigest(), as_of, records)
        except (MalformedError, UnreadableError) as error:
            return self._quarantine(file, Taken(file.name, line=at, reason=str(error)))
        except csv.Error:
            return self._quarantine(file, Taken(file.name, line=at, reason="not-csv"))
        file.unlink()
        return Taken(file.name, taken)

    def _open(self, file: Path) -> tuple[date, bytes, bytes]:
        as_of = _dated(file)
        if as_of == date.min or self.manifest.format not in file.suffixes[-2:][0]:
            raise MalformedError("name")
        if file.stat().st_size > LARGEST:
            raise MalformedError("too-large")
        if as_of < (self.shelf.as_of() or date.min):
            raise MalformedError("older")
        sealed = file.read_bytes()
        return as_of, _decrypted(sealed, self.key), sealed

    def _lines(self, content: bytes) -> Iterator[Any]:
        """Give the records as they are read. What is wrong with the whole is said before the first."""
        if self.manifest.format == "json":
            document = read_json(content)
            if not isinstance(document, list):
                raise MalformedError("not-a-list")
            return iter(document)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise MalformedError("not-utf-8") from None
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.manifest.delimiter, strict=True)
        names = next(reader, [])
        if len(set(names)) != len(names):
            raise MalformedError("header")
        return (_row(names, row) for row in reader if row)

    def _quarantine(self, file: Path, taken: Taken) -> Taken:
        """Put a file aside with a note beside it; the note is there before the file is."""
        aside = self.folder / "quarantine"
        aside.mkdir(exist_ok=True)
        note = {"line": taken.line, "reason": taken.reason}
        (aside / f"{file.name}.note.json").write_bytes(orjson.dumps(note))
        file.replace(aside / file.name)
        return taken


def _row(names: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    if len(row) != len(names):
        raise MalformedError("columns")
    return dict(zip(names, row, strict=True))


def _decrypted(sealed: bytes, key: ECKey) -> bytes:
    try:
        opened = jwe.decrypt_compact(sealed.strip(), key, registry=ALGORITHMS)
        if not opened.protected.keys() <= HEADER or opened.plaintext is None:
            raise MalformedError("not-sealed-to-us")
    except (JoseError, ValueError, TypeError, LookupError):
        raise MalformedError("not-sealed-to-us") from None
    return opened.plaintext


def _dated(file: Path) -> date:
    """Give the date in a file's name, the earliest there is where it has none."""
    found = DATED.search(file.name)
    try:
        return date.fromisoformat(found[1]) if found else date.min
    except ValueError:
        return date.min


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other processes; one that died holds nothing."""
    handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
