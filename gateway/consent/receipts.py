"""The person's copy of a consent, signed: header, processing, parties, events (ISO/IEC TS 27560:2023).

The signature is the log's own, over the canonical JSON of everything but the signature itself
(`audit.promise.attest`): whoever holds the copy can check it against `/log/key`, years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from string import Template
from types import MappingProxyType
from typing import Any

import orjson

from contracts.words import Vocabulary
from gateway.consent.consents import GIVEN, Consent, Ending

SCHEMA = "ISO/IEC TS 27560:2023"
BASIS = "https://w3id.org/dpv#Consent"

FRAME = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><title>$title</title>
<style>body{font:1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
dt{font-weight:bold;margin-top:.6rem}blockquote{border-left:.3rem solid #888;margin:1rem 0;padding:.1rem 1rem}
code{overflow-wrap:anywhere}</style></head>
<body><main><h1>$title</h1><dl>$facts</dl><blockquote>$notice</blockquote><h2>$events</h2><ul>$listed</ul>
<p>$how</p><p><small>$signed <code>$signature</code></small></p></main></body></html>
""")

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "uk": {
            "title": "Ваша згода", "record": "Номер", "state": "Стан", "controller": "Кому дано згоду",
            "purpose": "Мета", "sources": "Звідки відомості", "from": "Діє з", "until": "Діє до",
            "events": "Що з нею відбувалося", "signed": "Підпис журналу шлюзу:",
            "how": "Відкликати згоду можна будь-коли: в установі, яка веде випадок, або в кабінеті.",
        },
        "en": {
            "title": "Your consent", "record": "Number", "state": "State", "controller": "Given to",
            "purpose": "Purpose", "sources": "Where the information comes from", "from": "From",
            "until": "Until", "events": "What became of it", "signed": "Signed by the gateway's log:",
            "how": "You can withdraw it at any time: at the office that handles your case, or online.",
        },
    }
)  # fmt: skip


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


def to_html(record: Mapping[str, Any], consent: Consent) -> str:
    """Write the copy as a page in the language in which she consented."""
    language, words = consent.language, WORDS[consent.language]
    facts = {
        words["record"]: consent.id,
        words["state"]: str(record["state"]),
        words["controller"]: record["controller"].get(language, consent.consumer),
        words["purpose"]: record["purpose_text"][language],
        words["sources"]: ", ".join(titles[language] for titles in record["source_titles"].values()),
        words["from"]: f"{consent.given_at:%Y-%m-%d}",
        words["until"]: f"{consent.until:%Y-%m-%d}",
    }
    return FRAME.substitute(
        language=language,
        title=words["title"],
        facts="".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()),
        notice=escape(record["notice"]),
        events=words["events"],
        listed="".join(
            f"<li>{each['event_time']:%Y-%m-%d %H:%M} UTC: {escape(each['event_type'])}</li>"
            for each in record["record_events"]
        ),
        how=words["how"],
        signed=words["signed"],
        signature=escape(record["signature"]["value"]),
    )


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
