"""What the record is told of a consent: references and codes, nothing of the person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from audit.event import Event, Json, Kind

if TYPE_CHECKING:
    from gateway.consent.consents import Consent


def consent_event(
    consent: Consent,
    by: str,
    result: str,
    at: datetime,
    reason: str,
    more: Mapping[str, Json] = MappingProxyType({}),
) -> Event:
    """Write the entry of what happened to a consent."""
    details: dict[str, Json] = {
        "consent": consent.id,
        "consumer": consent.consumer,
        "sources": list(consent.sources),
        "given_by": consent.given_by.value,
        "notice": consent.notice_digest,
        **more,
    }
    if consent.assistance:
        details |= {"witness": consent.assistance.witness, "scan": consent.assistance.scan_digest}
    return Event(
        kind=Kind.CONSENT,
        at=at,
        agency=by,
        official=consent.assistance.official if consent.assistance else "",
        purpose=consent.purpose,
        subject_ref=consent.subject_ref,
        result=str(result),
        reason=reason,
        details=details,
    )
