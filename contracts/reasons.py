"""Why the contracts package says no: each code has its wording and next step in the vocabulary."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A code that a refusal or a withheld source carries. The vocabulary must word every one."""

    NO_CONTRACT = "no-contract"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    UNKNOWN_PURPOSE = "unknown-purpose"
    UNKNOWN_SOURCE = "unknown-source"
    UNKNOWN_FIELD = "unknown-field"
    NOT_IN_CONTRACT = "not-in-contract"
    NOTHING_LEFT = "nothing-left"
    CASE_REQUIRED = "case-required"
    CASE_CLOSED = "case-closed"
    CASE_OTHER_PERSON = "case-other-person"
    OFFICIAL_NOT_ON_CASE = "official-not-on-case"
    MINOR_NOT_COVERED = "minor-not-covered"
    MINOR_NO_GUARDIAN = "minor-no-guardian"
    AGE_UNKNOWN = "age-unknown"
    CONSENT_MISSING = "consent-missing"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    CONSENT_EXPIRED = "consent-expired"
    CONSENT_NOT_YET_VALID = "consent-not-yet-valid"
    CONSENT_ENDED = "consent-ended"
    CONSENT_OUTGROWN = "consent-outgrown"
    GROUND_UNKNOWN = "ground-unknown"
    UNDECIDABLE = "undecidable"
