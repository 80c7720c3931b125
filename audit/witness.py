"""A witness (C2SP tlog-witness): remembers the newest head of each log, and cosigns what extends it.

What is remembered is durable before the answer leaves, and comparing and remembering are one
transaction: two requests at once can never make it forget a larger head.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.merkle import EMPTY, extends
from audit.note import NoteError, Verifier, open_note, unbase64

LARGEST_REQUEST = 64 * 1024
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_LONGEST = 63
_TABLE = """CREATE TABLE IF NOT EXISTS heads (
    origin TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL)"""
_KEEP = """INSERT INTO heads (origin, size, root, note) VALUES (?, ?, ?, ?)
    ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note"""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: status, text, and the text's type. `verdict` is for the witness's own journal."""

    status: int
    body: str
    kind: str = "text/plain; charset=utf-8"
    verdict: str = ""


class _RefusedError(Exception):
    """A request that is answered with no signature."""

    def __init__(self, status: int, verdict: str) -> None:
        super().__init__(verdict)
        self.reply = Reply(status, f"{verdict}\n", verdict=verdict)


def open_state(path: Path) -> sqlite3.Connection:
    """Open a witness's memory, which is made where there is none."""
    return sqlite3.connect(path, timeout=5.0, isolation_level=None)


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness with its keys, the logs it knows, and the file in which it remembers their heads."""

    state: Path
    cosigners: Sequence[Cosigner]
    logs: Mapping[str, Verifier]
    now: Callable[[], int]
    connect: Callable[[Path], sqlite3.Connection] = open_state

    def add_checkpoint(self, request: bytes) -> Reply:
        """Judge a submitted head: 200 with cosignatures, 400, 403, 404, 409 or 422.

        Raises `sqlite3.Error` where nothing can be remembered; then nothing was cosigned.
        """
        try:
            old, proof, note = _read(request)
            text, head = self._known(old, note)
            return self._take(old, proof, note, text, head)
        except _RefusedError as refusal:
            return refusal.reply

    def checkpoint(self, origin_hash: str) -> Reply:
        """Give the newest head that was cosigned for the log whose origin has this SHA-256, or 404."""
        with closing(self._open()) as connection:
            for origin, note in connection.execute("SELECT origin, note FROM heads"):
                if sha256(origin.encode()).hexdigest() == origin_hash:
                    return Reply(200, note)
        return Reply(404, "never-cosigned\n")

    def _known(self, old: int, note: str) -> tuple[str, Checkpoint]:
        """Give text and content of a head that a known log has signed, not smaller than `old`."""
        verifier = self.logs.get(note.partition("\n")[0])
        if verifier is None:
            raise _RefusedError(404, "unknown-log")
        try:
            text = open_note(note, verifier)
        except NoteError as error:
            raise _RefusedError(400 if error.code == "malformed-note" else 403, error.code) from None
        try:
            head = Checkpoint.read(text)
        except NoteError as error:
            raise _RefusedError(400, error.code) from None
        if old > head.size:
            raise _RefusedError(400, "old-size-beyond-checkpoint")
        return text, head

    def _take(self, old: int, proof: Sequence[bytes], note: str, text: str, head: Checkpoint) -> Reply:
        with closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            query = "SELECT size, root FROM heads WHERE origin = ?"
            size, root = connection.execute(query, (head.origin,)).fetchone() or (0, EMPTY)
            if old != size:
                verdict = "rollback" if head.size < size else "other-old-size"
                return Reply(409, f"{size}\n", "text/x.tlog.size", verdict)
            _judge(size, root, proof, head)
            lines = "".join(each.cosign(text, self.now()) for each in self.cosigners)
            kept = f"{text}\n{_signatures_of(note, self.logs[head.origin])}{lines}"
            connection.execute(_KEEP, (head.origin, head.size, head.root, kept))
            connection.execute("COMMIT")
        return Reply(200, lines, verdict="cosigned")

    def _open(self) -> sqlite3.Connection:
        connection = self.connect(self.state)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _read(request: bytes) -> tuple[int, Sequence[bytes], str]:
    """Give old size, proof and note of a request."""
    try:
        head, separator, note = request.decode().partition("\n\n")
        first, *lines = head.split("\n")
        proof = [unbase64(line) for line in lines]
    except (UnicodeDecodeError, NoteError):
        raise _RefusedError(400, "malformed-request") from None
    match = _OLD.fullmatch(first)
    if match is None or not separator or len(lines) > _LONGEST:
        raise _RefusedError(400, "malformed-request")
    return int(match[1]), proof, note


def _judge(size: int, root: bytes, proof: Sequence[bytes], head: Checkpoint) -> None:
    """Refuse a head that does not extend the one remembered, and say how it fails to."""
    if head.size == 0 and head.root != EMPTY:
        raise _RefusedError(422, "empty tree with another root")
    if size == head.size and root != head.root:
        raise _RefusedError(422, f"fork: another root at size {size} was cosigned")
    if size in {0, head.size}:
        if proof:
            raise _RefusedError(422, "consistency proof where none is needed")
    elif not extends(size, root, head.size, head.root, proof):
        raise _RefusedError(422, f"fork: no consistency proof from size {size}")


def _signatures_of(note: str, verifier: Verifier) -> str:
    """Give the lines that the log itself signed: others' were not looked at, and are not repeated."""
    lines = note.rpartition("\n\n")[2].splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith(f"— {verifier.name} "))
