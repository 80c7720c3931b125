"""What is pushed: a draft from one agency to another about one person, and the message that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from audit.event import new_id
from contracts.vocabulary import (
    AgencyId,
    CaseId,
    ExchangeId,
    Field,
    OfficialId,
    Purpose,
    Source,
    SubjectRef,
)
from gateway.faults import BodyTooLargeError
from gateway.sealing.envelope import Context

NOBODY = OfficialId("")
"""Nobody's initiative: the message is owed."""
LARGEST = 256 * 1024
"""Bytes of content in one message: it is sealed, signed and sent as a whole."""


class Priority(IntEnum):
    """What goes first. A crisis has room of its own at every receiver."""

    CRISIS = 0
    USUAL = 1


class State(StrEnum):
    """Where a message stands. The first two are open; nothing leaves the others but a replay."""

    READY = "ready"
    QUEUED = "queued"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    DEAD = "dead"
    CANCELLED = "cancelled"


OPEN = frozenset({State.READY, State.QUEUED})
LETTERS = frozenset({State.UNKNOWN, State.DEAD})
"""The dead letters: what ended without having arrived, or without anybody knowing."""


class MessageTooLargeError(BodyTooLargeError):
    """The content has more than `LARGEST` bytes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it was weighed.

    `type` is the CloudEvents type (`obmin.referral.sent`), `agency` who gets it, `sender` on whose part it
    goes. Messages of one `key` (a case, a person) reach an agency in the order in which they were
    submitted. `covers` says what of her the content holds, by source and field as contracts name them;
    one that holds nothing of her and is owed by law names the `duty` instead, and needs no contract.
    `case` is the sender's. `content` is sealed under her key at rest and to the recipient on the way.
    `id` goes with every attempt, so that the receiver can tell a repetition.
    """

    type: str
    agency: AgencyId
    sender: AgencyId
    key: str
    subject_ref: SubjectRef
    purpose: Purpose
    content: bytes = field(repr=False)
    expires_at: datetime
    exchange_id: ExchangeId
    covers: Mapping[Source, frozenset[Field]] = field(default_factory=dict)
    duty: str = ""
    case: CaseId | None = None
    official: OfficialId = NOBODY
    priority: Priority = Priority.USUAL
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Message:
    """A message on file; its content stays in its envelope until an attempt. See `Draft`.

    `seq` is its place in the order of the record. `lost` counts the attempts that broke down on our side,
    `doubtful` says that one may have arrived; `contract` is the digest under which it was submitted.
    `code` tells how the last attempt went, or why the message ended.
    """

    seq: int
    id: str
    type: str
    agency: AgencyId
    sender: AgencyId
    official: OfficialId
    key: str
    subject_ref: SubjectRef
    case: CaseId | None
    purpose: Purpose
    covers: Mapping[Source, frozenset[Field]]
    duty: str
    priority: Priority
    exchange_id: ExchangeId
    submitted_at: datetime
    expires_at: datetime
    state: State
    attempts: int
    lost: int
    doubtful: bool
    due_at: datetime
    code: str
    settled_at: datetime | None
    contract: str = ""


def place_of(tenant: str, message_id: str) -> Context:
    """Name what the envelope of a message's content is bound to."""
    return Context(tenant, "outbox", message_id, "content")
