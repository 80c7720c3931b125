"""SPDCI's search message as it comes and as it goes (Digital Convergence Initiative, registry APIs 1.0.0).

Its samples write numbers as text and leave out objects as empty text, and its versions add members: what
decides nothing is let through unread. What would narrow a search is understood or refused, never passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from audit.event import stamp
from gateway.faults import BodyInvalidError
from gateway.storage.engine import now
from gateway.web import wire

MOST: Final = 10
"""Searches in one message."""


class Code(StrEnum):
    """SPDCI's own reasons for a rejection: of a whole message, or of one search in it."""

    VERSION_INVALID = "rjct.version.invalid"
    MESSAGE_TS_INVALID = "rjct.message_ts.invalid"
    ACTION_NOT_SUPPORTED = "rjct.action.not_supported"
    TOTAL_COUNT_INVALID = "rjct.total_count.invalid"
    TOTAL_COUNT_LIMIT_EXCEEDED = "rjct.total_count.limit_exceeded"
    ERRORS_TOO_MANY = "rjct.errors.too_many"
    REFERENCE_ID_DUPLICATE = "rjct.reference_id.duplicate"
    SEARCH_CRITERIA_INVALID = "rjct.search_criteria.invalid"
    PAGINATION_INVALID = "rjct.pagination.invalid"


class SpdciError(BodyInvalidError):
    """A message or search that is not as SPDCI has it; `reason` is SPDCI's code for it."""

    def __init__(self, reason: Code) -> None:
        super().__init__(reason.value.replace("_", "-"))
        self.reason = reason


def _absent(value: object) -> object:
    """Read SPDCI's empty text in place of an object as nothing."""
    return None if value == "" else value


Text = Annotated[str, StringConstraints(max_length=200)]
Identifier = Annotated[str, StringConstraints(max_length=128, pattern=r"^[0-9A-Za-z._:/+=@{}|-]*$")]

Named = wire.Code


class Part(BaseModel):
    """A part of the message."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Purpose(Part):
    """Why: `code` is our purpose's, or the caller's declaration of it."""

    text: Text = ""
    code: Named
    ref_uri: Text = ""


class Claim(Part):
    """`consent` or `authorize`: that the person agreed, or that a law empowers, from when and for what."""

    ts: datetime
    purpose: Purpose


class Criteria(Part):
    """What is searched, and on which claim."""

    query_type: Text
    query: Any = None
    pagination: Annotated[Mapping[str, Any] | None, BeforeValidator(_absent)] = None
    consent: Annotated[Claim | None, BeforeValidator(_absent)] = None
    authorize: Annotated[Claim | None, BeforeValidator(_absent)] = None


class Search(Part):
    """One search of a message."""

    reference_id: Identifier = ""
    timestamp: datetime
    search_criteria: Criteria
    locale: Text = ""


class Message(Part):
    """The inside of the envelope."""

    transaction_id: Identifier = ""
    search_request: Annotated[list[Search], Field(min_length=1)]


class Meta(Part):
    """Where SPDCI has no word for it: who asks, and in which case."""

    official: Named
    case: Named | None = None


class Header(Part):
    """The envelope's header. Numbers may be text."""

    version: Text
    message_id: Annotated[Identifier, StringConstraints(min_length=1)]
    message_ts: datetime
    action: Text
    sender_id: Text
    receiver_id: Text = ""
    total_count: int
    is_msg_encrypted: bool = False
    meta: Meta


class SpdciBody(Part):
    """`POST /spdci/registry/sync/search`. What authenticates is the token."""

    header: Header
    message: Message


def check_envelope(body: SpdciBody) -> None:
    """Refuse a message that we do not serve. Raises `SpdciError`."""
    header, searches = body.header, body.message.search_request
    references = [search.reference_id for search in searches]
    for wrong, reason in (
        (not header.version.startswith("1."), Code.VERSION_INVALID),
        (header.message_ts.tzinfo is None, Code.MESSAGE_TS_INVALID),
        (header.action != "search" or header.is_msg_encrypted, Code.ACTION_NOT_SUPPORTED),
        (header.total_count != len(searches), Code.TOTAL_COUNT_INVALID),
        (len(searches) > MOST, Code.TOTAL_COUNT_LIMIT_EXCEEDED),
        (len(set(references)) != len(references), Code.REFERENCE_ID_DUPLICATE),
    ):
        if wrong:
            raise SpdciError(reason)


def identifier_of(criteria: Criteria) -> tuple[str, str]:
    """Give the identifier searched for, its type and value.

    `idtype-value` names one; an `expression` or `predicate` is understood as far as it says the same: one
    comparison by `eq`, joined to nothing. Raises `SpdciError` for any other search.
    """
    query = criteria.query
    if criteria.query_type in {"expression", "predicate"}:
        query = _compared(query)
        names = ("attribute_name", "attribute_value")
    elif criteria.query_type == "idtype-value":
        names = ("type", "value")
    else:
        raise SpdciError(Code.SEARCH_CRITERIA_INVALID)
    if not isinstance(query, Mapping) or not all(isinstance(query.get(name), str) for name in names):
        raise SpdciError(Code.SEARCH_CRITERIA_INVALID)
    if (criteria.pagination or {}).get("page_number", 1) != 1:
        raise SpdciError(Code.PAGINATION_INVALID)
    return query[names[0]], query[names[1]]


def _compared(query: Any) -> Any:
    """Give the one comparison of an expression."""
    if not isinstance(query, list) or len(query) != 1 or not isinstance(query[0], Mapping):
        raise SpdciError(Code.SEARCH_CRITERIA_INVALID)
    joined = [query[0].get(name) for name in ("condition", "expression2")]
    compared = query[0].get("expression1")
    if any(joined) or not isinstance(compared, Mapping) or compared.get("operator") != "eq":
        raise SpdciError(Code.SEARCH_CRITERIA_INVALID)
    return compared


def envelope(
    asked: SpdciBody | None,
    exchange_id: str,
    found: list[dict[str, Any]],
    rejection: tuple[str, str] = ("", ""),
) -> dict[str, Any]:
    """Write the message that goes back; `rejection` is code and words where the whole was rejected."""
    completed = sum(response["status"] == "succ" for response in found)
    code, words = rejection
    return {
        "signature": "",
        "header": {
            "version": "1.0.0",
            "message_id": asked.header.message_id if asked else "",
            "message_ts": stamp(now()),
            "action": "search",
            "status": "rjct" if code or not completed else "succ",
            "status_reason_code": code,
            "status_reason_message": words,
            "total_count": len(found),
            "completed_count": completed,
            "sender_id": asked.header.receiver_id if asked else "",
            "receiver_id": asked.header.sender_id if asked else "",
            "is_msg_encrypted": False,
            "meta": {},
        },
        "message": {
            "transaction_id": asked.message.transaction_id if asked else "",
            "correlation_id": exchange_id,
            "search_response": found,
        },
    }


def response(
    search: Search, records: list[Mapping[str, Any]], rejection: tuple[str, str] = ("", "")
) -> dict[str, Any]:
    """Write one search's part of the message that goes back."""
    code, words = rejection
    return {
        "reference_id": search.reference_id,
        "timestamp": stamp(now()),
        "status": "rjct" if code else "succ",
        "status_reason_code": code,
        "status_reason_message": words,
        "data": {"version": "1.0.0", "reg_records": records},
        "pagination": {"page_size": MOST, "page_number": 1, "total_count": len(records)},
        "locale": search.locale,
    }
