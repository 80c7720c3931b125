"""One referral as it stands on file, its row and its entry in the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import Row

from audit.event import Event, Json, Kind, stamp
from contracts.vocabulary import AgencyId, CaseId, ExchangeId, OfficialId, Purpose, SubjectRef
from gateway.referrals.stages import Side, Stage
from gateway.storage.engine import instant, micros

NOBODY = OfficialId("")
NOTHING: Mapping[str, Json] = MappingProxyType({})


class Asks(StrEnum):
    """What is asked: help for a person, or a part of her assessment."""

    REFERRAL = "referral"
    CONTRIBUTION = "contribution"


@dataclass(frozen=True, slots=True)
class Referral:
    """One referral. What it says of the person stays in its envelopes.

    `official` is the sender's who answers for it now, `receiver_official` the one who last answered.
    """

    id: str
    kind: Asks
    sender: AgencyId
    official: OfficialId
    case: CaseId
    subject_ref: SubjectRef
    receiver: AgencyId
    purpose: Purpose
    priority: str
    sections: tuple[str, ...]
    stage: Stage
    content: bytes = field(repr=False)
    exchange_id: ExchangeId
    made_at: datetime
    receiver_official: OfficialId = NOBODY
    reason: str = ""
    outcome: bytes | None = field(default=None, repr=False)
    message_id: str = ""
    predecessor: str = ""
    sent_at: datetime | None = None
    due_at: datetime | None = None
    remind_at: datetime | None = None
    escalated_to: str = ""
    version: int = 1

    def side_of(self, agency: AgencyId) -> Side | None:
        """Say on which side an agency stands, None where it is not to know that there is this referral."""
        if agency == self.sender:
            return Side.SENDER
        return Side.RECEIVER if agency == self.receiver and self.stage is not Stage.DRAFT else None


def columns_of(referral: Referral) -> Mapping[str, object]:
    """Give a referral's row."""
    return {
        "id": referral.id,
        "kind": referral.kind.value,
        "sender": referral.sender,
        "case_id": referral.case,
        "subject_ref": referral.subject_ref,
        "receiver": referral.receiver,
        "purpose": referral.purpose,
        "priority": referral.priority,
        "sections": orjson.dumps(referral.sections).decode(),
        "exchange_id": referral.exchange_id,
        "predecessor": referral.predecessor,
        "made_at": micros(referral.made_at),
        "version": referral.version,
        **changing(referral),
    }


def changing(referral: Referral) -> Mapping[str, object]:
    """Give the columns that steps change."""
    return {
        "official": referral.official,
        "receiver_official": referral.receiver_official,
        "stage": referral.stage.value,
        "reason": referral.reason,
        "content": referral.content,
        "outcome": referral.outcome,
        "message_id": referral.message_id,
        "sent_at": _micros(referral.sent_at),
        "due_at": _micros(referral.due_at),
        "remind_at": _micros(referral.remind_at),
        "escalated_to": referral.escalated_to,
    }


def referral_of(row: Row[Any]) -> Referral:
    """Read a referral back from its row."""
    return Referral(
        id=row.id,
        kind=Asks(row.kind),
        sender=AgencyId(row.sender),
        official=OfficialId(row.official),
        case=CaseId(row.case_id),
        subject_ref=SubjectRef(row.subject_ref),
        receiver=AgencyId(row.receiver),
        receiver_official=OfficialId(row.receiver_official),
        purpose=Purpose(row.purpose),
        priority=row.priority,
        sections=tuple(orjson.loads(row.sections)),
        stage=Stage(row.stage),
        reason=row.reason,
        content=row.content,
        outcome=row.outcome,
        exchange_id=ExchangeId(row.exchange_id),
        message_id=row.message_id,
        predecessor=row.predecessor,
        made_at=instant(row.made_at),
        sent_at=_instant(row.sent_at),
        due_at=_instant(row.due_at),
        remind_at=_instant(row.remind_at),
        escalated_to=row.escalated_to,
        version=row.version,
    )


def event_of(
    referral: Referral,
    result: str,
    at: datetime,
    by: AgencyId,
    official: str = "",
    more: Mapping[str, Json] = NOTHING,
) -> Event:
    """Write the entry of what became of a referral: who, whose, where it stands, by when it must go on."""
    details: dict[str, Json] = {
        "referral": referral.id,
        "asks": referral.kind.value,
        "sender": referral.sender,
        "receiver": referral.receiver,
        "stage": referral.stage.value,
        "version": referral.version,
    }
    if referral.due_at:
        details["due"] = stamp(referral.due_at)
    if referral.sections:
        details["sections"] = list(referral.sections)
    if referral.predecessor:
        details["predecessor"] = referral.predecessor
    details |= more
    return Event(
        kind=Kind.REFERRAL,
        at=at,
        exchange_id=referral.exchange_id,
        agency=by,
        official=official,
        case=referral.case,
        purpose=referral.purpose,
        subject_ref=referral.subject_ref,
        result=result,
        reason=referral.reason,
        details=details,
    )


def _micros(at: datetime | None) -> int | None:
    return micros(at) if at else None


def _instant(value: int | None) -> datetime | None:
    return None if value is None else instant(value)
