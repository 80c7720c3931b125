"""What the record says of a message: codes and references, nothing of what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from audit.event import Event, Json, Kind
from gateway.outbox.message import Draft, Message


def entry(
    pushed: Draft | Message,
    result: str,
    at: datetime,
    reason: str = "",
    details: Mapping[str, Json] | None = None,
    contract: str = "",
) -> Event:
    """Write an entry about a message. Its agency is who gets it, its official and case are the sender's."""
    return Event(
        kind=Kind.PUSH,
        at=at,
        exchange_id=pushed.exchange_id,
        agency=pushed.agency,
        official=pushed.official,
        case=pushed.case or "",
        purpose=pushed.purpose,
        subject_ref=pushed.subject_ref,
        contract=contract,
        result=result,
        reason=reason,
        details={"message": pushed.id, "type": pushed.type, "sender": pushed.sender, **(details or {})},
    )
