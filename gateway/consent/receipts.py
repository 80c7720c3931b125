"""The person's copy of a consent, signed: header, processing, parties, events (ISO/IEC TS 27560:2023).

The signature is the log's own, over the canonical JSON of everything but the signature itself
(`audit.promise.attest`): whoever holds the copy can check it against `/log/key`, years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from contracts.words import Vocabulary
from gateway.consent.consents import GIVEN, Consent, Ending

SCHEMA = "ISO/IEC TS 27560:2023"
BASIS = "https://w3id.org/dpv#Consent"


def describe(
    consent: Consent, shown: Mapping[str, Any], words: Vocabulary, controller: Mapping[str, str]
) -> dict[str, Any]:
    """Give the record: what the interface shows of a consent, and the parts that TS 27560 names."""
    purpose = words.purposes[consent.purpose]
    categories = sorted(
        {field.category for field in words.fields.values() if set(field.sources) & set(consent.sources)}
        if consent.categories is None
        else consent.categories
    )
    return {
        **shown,
        "schema_version": SCHEMA,
        "record_id": consent.id,
        "purpose_text": {"uk": purpose.uk, "en": purpose.en},
        "controller": dict(controller),
        "notice": getattr(purpose.notice, consent.language),
        "source_titles": {s: {"uk": words.sources[s].uk, "en": words.sources[s].en} for s in consent.sources},
        "withdrawal": f"/v1/consents/{consent.id}/withdrawal",
        "processing": {
            "privacy_notice": {"digest": consent.notice_digest, "language": consent.language},
            "purposes": [{"id": consent.purpose, "iri": purpose.dpv, "uk": purpose.uk, "en": purpose.en}],
            "lawful_basis": BASIS,
            "personal_data": [
                {"category": each, "uk": words.categories[each].uk, "en": words.categories[each].en}
                for each in categories
            ],
            "operations": list(consent.operations),
            "recipients": [consent.consumer],
            "withdrawal_method": f"/v1/consents/{consent.id}/withdrawal",
        },
        "parties": [
            {"role": "data-subject", "id": consent.subject_ref},
            {"role": "controller", "id": consent.consumer, "name": dict(controller)},
            {"role": "recorder", "id": consent.recorded_by},
        ],
        "record_events": _events(consent),
    }


def canonical(record: Mapping[str, Any]) -> bytes:
    """Give the bytes that are signed: sorted members, UTC times that end in Z, no signature."""
    unsigned = {name: value for name, value in record.items() if name != "signature"}
    return orjson.dumps(unsigned, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def _events(consent: Consent) -> list[dict[str, Any]]:
    """List the events, the first one first: a consent's history is its state."""
    happened: list[tuple[datetime, str]] = [(at, str(ending)) for ending, at in consent.endings.items()]
    if Ending.REFUSED not in consent.endings:
        happened.append((consent.given_at, GIVEN))
    return [
        {
            "event_time": at,
            "event_type": kind,
            "event_state": "active" if kind == GIVEN else "ended",
            "entity_id": consent.recorded_by if kind in {GIVEN, Ending.REFUSED} else consent.subject_ref,
            "valid_until": consent.until,
        }
        for at, kind in sorted(happened)
    ]
