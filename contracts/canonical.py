"""A contract as canonical JSON: what its digest is taken over, and what people are shown."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import orjson

from contracts.contract import Contract, FieldRule, Terms


def describe(contract: Contract) -> dict[str, Any]:
    """Give the contract as plain JSON values; durations in whole milliseconds, dates as ISO 8601."""
    return {
        "id": contract.id,
        "version": contract.version,
        "consumer": contract.consumer,
        "purpose": contract.purpose,
        "valid_from": contract.valid_from.isoformat(),
        "valid_until": contract.valid_until.isoformat(),
        "case_required": contract.case_required,
        "minors": contract.minors,
        "majority": contract.majority,
        "keep_ms": _milliseconds(contract.keep),
        "deadline_ms": _milliseconds(contract.deadline),
        "terms": {source: _describe_terms(terms) for source, terms in contract.terms.items()},
    }


def digest(contract: Contract) -> str:
    """Give `sha-256:` and the hex digest of the contract's canonical JSON (RFC 8785).

    Keys are ASCII and numbers are integers, so sorted keys without spaces are already canonical.
    """
    canonical = orjson.dumps(describe(contract), option=orjson.OPT_SORT_KEYS)
    return f"sha-256:{sha256(canonical).hexdigest()}"


def _describe_terms(terms: Terms) -> dict[str, Any]:
    return {
        "basis": terms.basis.value,
        "citation": terms.citation,
        "required": terms.required,
        "deadline_ms": _milliseconds(terms.deadline),
        "purpose_id": terms.purpose_id,
        "fields": {field: _describe_rule(rule) for field, rule in terms.fields.items()},
    }


def _describe_rule(rule: FieldRule) -> dict[str, Any]:
    return {"sealed": rule.sealed}


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
