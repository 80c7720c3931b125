"""One approval that a registry was asked for, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.vocabulary import AgencyId, CaseId, OfficialId, Purpose, Source, SubjectRef
from gateway.storage.engine import instant, micros

OPEN, GIVEN, ENDED, EXPIRED, FAILED = "", "given", "ended", "expired", "failed"


@dataclass(frozen=True, slots=True)
class Requested:
    """One approval. `outcome` is empty while it is open; `until` is when the consent would end.

    `reference` and `person` (an envelope) are what the registry calls the approval and her.
    """

    id: str
    subject_ref: SubjectRef
    agency: AgencyId
    official: OfficialId
    case: CaseId
    purpose: Purpose
    source: Source
    language: str
    until: datetime
    asked_at: datetime
    sent_at: datetime
    expires_at: datetime
    sent: int = 1
    attempts: int = 0
    outcome: str = OPEN
    reference: str = ""
    person: bytes | None = field(default=None, repr=False)

    def state(self, at: datetime) -> str:
        """Say where it stands: `asked`, or how it ended. Ends are exclusive."""
        if self.outcome:
            return self.outcome
        return "asked" if at < self.expires_at else EXPIRED

    def row(self) -> Mapping[str, Any]:
        """Give what is written of it."""
        return {
            "id": self.id,
            "subject_ref": self.subject_ref,
            "agency": self.agency,
            "official": self.official,
            "case_id": self.case,
            "purpose": self.purpose,
            "source": self.source,
            "language": self.language,
            "until": micros(self.until),
            "asked_at": micros(self.asked_at),
            "sent_at": micros(self.sent_at),
            "expires_at": micros(self.expires_at),
            "sent": self.sent,
            "attempts": self.attempts,
            "outcome": self.outcome,
            "reference": self.reference,
            "person": self.person,
        }


def read_approval(row: Any) -> Requested:
    """Read one from its row."""
    return Requested(
        id=row.id,
        subject_ref=SubjectRef(row.subject_ref),
        agency=AgencyId(row.agency),
        official=OfficialId(row.official),
        case=CaseId(row.case_id),
        purpose=Purpose(row.purpose),
        source=Source(row.source),
        language=row.language,
        until=instant(row.until),
        asked_at=instant(row.asked_at),
        sent_at=instant(row.sent_at),
        expires_at=instant(row.expires_at),
        sent=row.sent,
        attempts=row.attempts,
        outcome=row.outcome,
        reference=row.reference,
        person=row.person,
    )
