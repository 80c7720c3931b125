"""What a record says, and its canonical bytes.

An event holds codes, names of fields and references, never a value or a raw identifier. Its bytes
are RFC 8785 canonical JSON: one event has one spelling, so that its hash can be recomputed anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self, TypeAlias, cast

import orjson
from uuid_utils import uuid7

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What details can hold, in plain dicts, lists and tuples. No floats: RFC 8785 §3.2.2.3 is a trap."""

LARGEST = 16 * 1024
"""The most bytes that one canonical event may have; tlog-tiles would allow 65,535."""

_FORMAT = 1
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_WHO = frozenset({"agency", "official", "case", "purpose", "subject_ref", "contract", "exchange_id"})
_MEMBERS = _WHO | {"v", "id", "kind", "at", "result", "reason", "details"}


class EventError(ValueError):
    """An event that cannot be recorded or read. `code` says why; no value is in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class EventTooLargeError(EventError):
    """The canonical bytes would exceed `LARGEST`."""


class EventMalformedError(EventError):
    """The members, their types or their spelling are not those of a canonical event."""


class Kind(StrEnum):
    """What happened (trust notes §2.5)."""

    INTENT = "intent"
    RELEASE = "release"
    REFUSAL = "refusal"
    ABANDONED = "abandoned"
    DELIVERY = "delivery"
    AGREEMENT = "agreement"
    APPEAL = "appeal"
    ASSESSMENT = "assessment"
    CONSENT = "consent"
    CASE = "case"
    CONTRACT = "contract"
    CORRECTION = "correction"
    KEY = "key"
    OFFER = "offer"
    ALLOCATION = "allocation"
    PARTNER = "partner"
    REPLAY = "replay"
    REPORT = "report"
    TOKEN = "token"
    SIGN_IN = "sign-in"
    READ = "read"
    EXPORT = "export"
    ALARM = "alarm"
    CONFIG = "config"
    BUNDLE = "bundle"
    EMERGENCY = "emergency"
    ENDPOINT = "endpoint"
    PROTECTION = "protection"
    PUSH = "push"
    REFERRAL = "referral"
    SUBSCRIPTION = "subscription"
    STATEMENT = "statement"
    NOTICE = "notice"
    UNSEALING = "unsealing"
    ERASURE = "erasure"
    HOLD = "hold"
    RETENTION = "retention"
    SAMPLE = "sample"
    FINDING = "finding"


ENDS = frozenset({Kind.RELEASE, Kind.REFUSAL, Kind.ABANDONED})
"""The kinds that end an intent."""


def new_id() -> str:
    """Give a fresh UUIDv7 (RFC 9562 §5.7) as text."""
    return str(uuid7())


def stamp(at: datetime) -> str:
    """Spell an instant as ISO 8601 UTC with microseconds and `Z`; a naive one is refused."""
    if at.tzinfo is None:
        raise EventMalformedError("time-without-zone")
    try:
        utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    except OverflowError:
        raise EventMalformedError("time-out-of-range") from None
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the record. Members that do not apply are empty, never absent.

    `contract` is the contract's digest; `result` and `reason` are codes; `details` depends on `kind`
    and nests only dicts, lists, tuples, text, integers up to 2⁵³-1, booleans and null.
    """

    kind: Kind
    at: datetime
    id: str = field(default_factory=new_id)
    exchange_id: str = ""
    agency: str = ""
    official: str = ""
    case: str = ""
    purpose: str = ""
    subject_ref: str = ""
    contract: str = ""
    result: str = ""
    reason: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)

    def canonical(self) -> bytes:
        """Give the RFC 8785 bytes, at most `LARGEST` of them.

        Raises `EventTooLargeError`, or `EventMalformedError` for what has no canonical form:
        lone surrogates, floats, integers beyond 2⁵³-1, keys that are not ASCII text.
        """
        try:
            _check(self.details)
            content = orjson.dumps(self._members(), option=_OPTIONS)
        except (orjson.JSONEncodeError, RecursionError):
            raise EventMalformedError("no-canonical-form") from None
        if len(content) > LARGEST:
            raise EventTooLargeError("event-too-large")
        return content

    def _members(self) -> dict[str, Json]:
        return {
            "agency": self.agency,
            "at": stamp(self.at),
            "case": self.case,
            "contract": self.contract,
            "details": self.details,
            "exchange_id": self.exchange_id,
            "id": self.id,
            "kind": self.kind.value,
            "official": self.official,
            "purpose": self.purpose,
            "reason": self.reason,
            "result": self.result,
            "subject_ref": self.subject_ref,
            "v": _FORMAT,
        }

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read an event back; anything but the canonical spelling of one is `EventMalformedError`."""
        if len(content) > LARGEST:
            raise EventTooLargeError("event-too-large")
        try:
            members = orjson.loads(content)
        except orjson.JSONDecodeError:
            raise EventMalformedError("not-json") from None
        event = cls._from(members)
        if event.canonical() != content:
            raise EventMalformedError("not-canonical")
        return event

    @classmethod
    def _from(cls, members: object) -> Self:
        if not isinstance(members, dict) or members.keys() != _MEMBERS or members.pop("v") != _FORMAT:
            raise EventMalformedError("not-an-event")
        details = members.pop("details")
        if not isinstance(details, dict) or not all(isinstance(member, str) for member in members.values()):
            raise EventMalformedError("not-an-event")
        try:
            kind, at = Kind(members.pop("kind")), datetime.fromisoformat(members.pop("at"))
        except ValueError:
            raise EventMalformedError("not-an-event") from None
        return cls(kind=kind, at=at, details=details, **members)


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """What a release or refusal says of one source: how it went and on which ground, never a value.

    `status` is one of the answer's (`answered`, `unknown`, `ambiguous`, `withheld`, `pending`,
    `unavailable`); `fields` are the names of what was released; `message_id` and `transaction_id`
    are the bus's keys to its own record; `candidates` counts the people who fit an ambiguous name.
    """

    source: str
    status: str
    fields: Sequence[str] = ()
    reason: str = ""
    message_id: str = ""
    transaction_id: str = ""
    basis: str = ""
    ground_id: str = ""
    citation: str = ""
    candidates: int = 0

    def as_json(self) -> dict[str, Json]:
        """Give the members that apply, the names of fields sorted."""
        members: dict[str, Json] = {"source": self.source, "status": self.status}
        if self.fields:
            members["fields"] = sorted(self.fields)
        for name in ("reason", "message_id", "transaction_id"):
            if text := getattr(self, name):
                members[name] = text
        if self.basis:
            members["ground"] = {"kind": self.basis, "id": self.ground_id, "citation": self.citation}
        if self.candidates:
            members["candidates"] = self.candidates
        return members


def _check(value: object) -> None:
    """Refuse what orjson would write but RFC 8785 spells otherwise (floats, dates, non-ASCII keys)."""
    kind = type(value)
    if kind is str or kind is int or value is None or kind is bool:
        return
    if kind is dict:
        for key, member in cast("dict[object, object]", value).items():
            if type(key) is not str or not key.isascii():
                raise EventMalformedError("no-canonical-form")
            if type(member) is not str:  # most are, and a call costs more than this look
                _check(member)
    elif kind is list or kind is tuple:
        for member in cast("Sequence[object]", value):
            _check(member)
    else:
        raise EventMalformedError("no-canonical-form")
