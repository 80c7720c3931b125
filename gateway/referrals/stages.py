"""How far a referral has come, and who may take it further: the whole state machine, as data.

`draft → sent → received → accepted → in-progress → completed`; a receiver may reject, the sender may revoke
whatever is not at its end. An agency that contributes to an assessment need not say first that it will.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """Where a referral stands."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    REVOKED = "revoked"


class Side(StrEnum):
    """Who takes a step; the gateway itself sees that something has arrived."""

    SENDER = "sender"
    RECEIVER = "receiver"
    GATEWAY = "gateway"


class Step(StrEnum):
    """What can be done with a referral, by the name of its address."""

    SENDING = "sending"
    RECEIPT = "receipt"
    ACCEPTANCE = "acceptance"
    REJECTION = "rejection"
    COMMENCEMENT = "commencement"
    COMPLETION = "completion"
    REVOCATION = "revocation"
    PART = "part"
    LAST_PART = "last-part"


@dataclass(frozen=True, slots=True)
class Way:
    """By whom a step is taken, from which stages, and where it leads."""

    side: Side
    begins: frozenset[Stage]
    ends: Stage


_UNANSWERED = frozenset({Stage.RECEIVED})
_TAKEN_ON = frozenset({Stage.ACCEPTED, Stage.IN_PROGRESS})

WAYS: Mapping[Step, Way] = MappingProxyType(
    {
        Step.SENDING: Way(Side.SENDER, frozenset({Stage.DRAFT}), Stage.SENT),
        Step.RECEIPT: Way(Side.GATEWAY, frozenset({Stage.SENT}), Stage.RECEIVED),
        Step.ACCEPTANCE: Way(Side.RECEIVER, _UNANSWERED, Stage.ACCEPTED),
        Step.REJECTION: Way(Side.RECEIVER, _UNANSWERED, Stage.REJECTED),
        Step.COMMENCEMENT: Way(Side.RECEIVER, frozenset({Stage.ACCEPTED}), Stage.IN_PROGRESS),
        Step.COMPLETION: Way(Side.RECEIVER, _TAKEN_ON, Stage.COMPLETED),
        Step.PART: Way(Side.RECEIVER, _UNANSWERED | _TAKEN_ON, Stage.IN_PROGRESS),
        Step.LAST_PART: Way(Side.RECEIVER, _UNANSWERED | _TAKEN_ON, Stage.COMPLETED),
        Step.REVOCATION: Way(
            Side.SENDER, frozenset({Stage.DRAFT, Stage.SENT}) | _UNANSWERED | _TAKEN_ON, Stage.REVOKED
        ),
    }
)
ENDED = frozenset({Stage.REJECTED, Stage.COMPLETED, Stage.REVOKED})
OPENED = frozenset({Stage.ACCEPTED, Stage.IN_PROGRESS, Stage.COMPLETED})
"""The stages in which the receiver may see what a contract gives only to who has accepted."""


def follows(stage: Stage, step: Step, side: Side) -> bool:
    """Say whether this side may take the step from this stage."""
    way = WAYS[step]
    return side is way.side and stage in way.begins


def steps_of(stage: Stage, side: Side) -> frozenset[Step]:
    """Name the steps that this side may take now."""
    return frozenset(step for step in Step if follows(stage, step, side))
