"""A registry's own approval by one-time code: it asks the person, and hears the code back from us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from adapters.base import Question
from contracts.vocabulary import OfficialId


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval, as the registry calls it and the person; its code counts until `until`, exclusive."""

    id: str
    person: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class Errand:
    """One call about an approval: who makes it, under which id, and until when (the loop's clock)."""

    message_id: str
    official: OfficialId
    deadline: float


class Verdict(StrEnum):
    """What the registry says of a code."""

    RIGHT = "right"
    WRONG = "wrong"
    ENDED = "ended"


@runtime_checkable
class Approver(Protocol):
    """An adapter whose registry asks the person itself. Raises only the errors of `adapters.base`."""

    async def approve(self, question: Question, notice: str) -> Approval:
        """Let the registry send the person a code, with the text of what she is agreeing to."""

    async def verify(self, approval: Approval, code: str, errand: Errand) -> Verdict:
        """Hand in what the person says. The right code handed in twice is right twice."""

    async def resend(self, approval: Approval, errand: Errand) -> Approval | None:
        """Let it send a new code, which alone counts from then on; None where the approval has ended."""
