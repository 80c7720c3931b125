"""One question to one person, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from contracts.vocabulary import AgencyId, CaseId, OfficialId, Purpose, Source, SubjectRef
from gateway.storage.engine import instant

OPEN, GIVEN, REFUSED, EXPIRED = "", "given", "refused", "expired"


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """One question to one person. `outcome` is empty while it is open; `id` is the address of her page."""

    id: str
    subject_ref: SubjectRef
    consumer: AgencyId
    purpose: Purpose
    sources: tuple[Source, ...]
    case: CaseId
    official: OfficialId
    language: str
    until: datetime
    asked_at: datetime
    expires_at: datetime
    outcome: str = OPEN
    answered_at: datetime | None = None
    consent_id: str | None = None
    attempts: int = 0

    def state(self, at: datetime) -> str:
        """Say where it stands: `asked`, or how it ended."""
        if self.outcome:
            return self.outcome
        return "asked" if at < self.expires_at else EXPIRED


def read_request(row: Any) -> ConsentRequest:
    """Read one from its row."""
    return ConsentRequest(
        id=row.id,
        subject_ref=SubjectRef(row.subject_ref),
        consumer=AgencyId(row.consumer),
        purpose=Purpose(row.purpose),
        sources=tuple(map(Source, orjson.loads(row.sources))),
        case=CaseId(row.case_id),
        official=OfficialId(row.official),
        language=row.language,
        until=instant(row.until),
        asked_at=instant(row.asked_at),
        expires_at=instant(row.expires_at),
        outcome=row.outcome,
        answered_at=instant(row.answered_at) if row.answered_at is not None else None,
        consent_id=row.consent_id,
        attempts=row.attempts,
    )
