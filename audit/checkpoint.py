"""The signed head of the tree (C2SP tlog-checkpoint): origin, size, root."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Self

from audit.merkle import SIZE
from audit.note import NoteError, Signer, Verifier, open_note, sign, unbase64

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large the log was and which root it had. A log never signs two that contradict."""

    origin: str
    size: int
    root: bytes

    def sign(self, signer: Signer) -> str:
        """Give the signed note."""
        return sign(self.text, signer)

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def open(cls, note: str, verifier: Verifier) -> Self:
        """Give what a note says once `verifier` has signed it under its own name as origin.

        Raises `NoteError`. Extension lines are refused: this log writes none, and no monitor
        could audit them.
        """
        text = open_note(note, verifier)
        checkpoint = cls.read(text)
        if text.count("\n") > _LINES:
            raise NoteError("malformed-checkpoint")
        if checkpoint.origin != verifier.name:
            raise NoteError("other-origin")
        return checkpoint

    @classmethod
    def read(cls, text: str) -> Self:
        """Give what the text of any log's checkpoint says; lines beyond the third may not be empty."""
        lines = text.split("\n")
        if len(lines) <= _LINES or not all(lines[:-1]) or not _DECIMAL.fullmatch(lines[1]):
            raise NoteError("malformed-checkpoint")
        root = unbase64(lines[2])
        if len(root) != SIZE:
            raise NoteError("malformed-checkpoint")
        return cls(lines[0], int(lines[1]), root)
