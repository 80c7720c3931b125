"""What a message of the bus asks, whichever protocol carried it: headers and body become one `Query`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from audit.event import Json
from contracts.identifiers import InvalidIdentifierError, is_valid
from contracts.vocabulary import Scheme
from contracts.words import Vocabulary
from gateway.bus import Bus
from gateway.faults import BodyInvalidError, ForbiddenError
from gateway.query import Query
from gateway.web.facades.bus_faults import BusMessageError, Flaw, ServiceUnknownError
from gateway.web.facades.seam import Asked, Sought
from gateway.web.facades.services import SEARCH_OFFERS, SERVICES, Service
from gateway.web.finding_wire import SearchBody
from gateway.web.wire import Body, Code, HistoryBody, SubjectBody, parse, places_of

MESSAGE_ID: Final = re.compile(r"[0-9A-Za-z'()+,\-.=?_:/]{1,128}")
"""What goes on record of an id that a caller chose (identifier characters of the protocol, and URNs')."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What travels around a message's body, in any protocol of the bus. Empty where it said nothing.

    `client` and `provider` are members or subsystems (`instance/class/code[/subsystem]`); `represented`
    says that the client asks for a third party; `transaction_id` is the bus's own key to its record.
    """

    protocol: str
    client: str
    provider: str
    service: str
    version: str
    message_id: str
    official: str = ""
    case: str = ""
    purpose_ids: frozenset[str] = frozenset()
    subject_id: str = ""
    represented: bool = False
    transaction_id: str = ""


class AskingBody(Body):
    """The body of a question over the bus. What the headers have said need not be said again.

    It claims no emergency: that takes a role and a second factor of the official, which no bus vouches for.
    """

    subject: SubjectBody | None = None
    purpose_id: Code | None = None
    case: Code | None = None
    official: Code | None = None
    sources: Annotated[list[Code], Field(min_length=1, max_length=50)] | None = None
    fields: Annotated[list[Code], Field(min_length=1, max_length=500)] | None = None


def service_of(bus: Bus, carried: Carried) -> Service:
    """Find the service that a message names.

    Raises:
        ServiceUnknownError: another provider's, or none of ours, or another version of it.
    """
    service = SERVICES.get(carried.service)
    if carried.provider != bus.member or service is None or carried.version not in {"", service.version}:
        raise ServiceUnknownError
    return service


def read_asked(
    bus: Bus, vocabulary: Vocabulary, carried: Carried, body: bytes, exchange_id: str, language: str
) -> Asked:
    """Turn what was carried and said into whose query it is and what it asks.

    Raises:
        UnauthenticatedError: the member is no agency of ours.
        ForbiddenError: the agency's role is not the service's, or it asks for a party that has no contract.
        BodyInvalidError, InvalidIdentifierError: what is asked is not said as described.
    """
    caller = bus.caller(carried.client)
    if not caller.has(service_of(bus, carried).role) or carried.represented:
        raise ForbiddenError
    if not MESSAGE_ID.fullmatch(carried.message_id):
        raise BusMessageError(Flaw.MISSING_HEADER_FIELD)
    if carried.service == SEARCH_OFFERS:
        return Asked(caller, _sought(carried, body, language))
    said = parse(AskingBody, body or b"{}")
    purpose_id = _purpose_id(carried, said)
    history = _history(
        {
            "subject": _subject(vocabulary, carried, said),
            "purpose": caller.agency.purposes.get(purpose_id, purpose_id),
            "case": _one(carried.case, said.case) or None,
            "official": {"id": _one(carried.official, said.official)},
            "sources": said.sources,
            "fields": said.fields,
        }
    )
    return Asked(caller, _query(history, carried, purpose_id, exchange_id, vocabulary, language))


class SeekingBody(SearchBody):
    """The body of a search over the bus: case and official stand in the headers, or here too."""

    case: Code | None = None  # type: ignore[assignment]  # checked once the headers have been read
    official: Code | None = None  # type: ignore[assignment]


def _sought(carried: Carried, body: bytes, language: str) -> Sought:
    """Turn a message into a search: it names nobody and needs no purpose; one that is sent is on record."""
    said = parse(SeekingBody, body or b"{}")
    members = said.model_dump(exclude={"case", "official"})
    case, official = _one(carried.case, said.case), _one(carried.official, said.official)
    try:
        search = SearchBody.model_validate({**members, "case": case, "official": {"id": official}})
    except ValidationError as error:
        raise BodyInvalidError("not-as-described", places_of(error, SearchBody)) from None
    via = _via(carried, ",".join(sorted(carried.purpose_ids)))
    return Sought(search, language, via)


def _query(
    history: HistoryBody,
    carried: Carried,
    purpose_id: str,
    exchange_id: str,
    vocabulary: Vocabulary,
    language: str,
) -> Query:
    return history.query(exchange_id, vocabulary, language, _via(carried, purpose_id))


def _via(carried: Carried, purpose_id: str) -> dict[str, Json]:
    """Give what goes on record of how a message came."""
    via: dict[str, Json] = {
        "protocol": carried.protocol,
        "client": carried.client,
        "service": carried.service,
        "message_id": carried.message_id,
        "purpose_id": purpose_id,
    }
    if MESSAGE_ID.fullmatch(carried.transaction_id):
        via["transaction_id"] = carried.transaction_id
    return via


def _history(members: Mapping[str, Any]) -> HistoryBody:
    try:
        return HistoryBody.model_validate(members)
    except ValidationError as error:
        raise BodyInvalidError("not-as-described", places_of(error, HistoryBody)) from None


def _purpose_id(carried: Carried, said: AskingBody) -> str:
    """Give the one declared purpose: there is no exchange without, and none for two at once."""
    ids = carried.purpose_ids | ({said.purpose_id} if said.purpose_id else set())
    if not ids:
        raise BusMessageError(Flaw.MISSING_HEADER_FIELD)
    if len(ids) > 1:
        raise BusMessageError(Flaw.INCONSISTENT_HEADERS)
    return next(iter(ids))


def _one(carried: str, said: str | None) -> str:
    """Give what header and body agree on; either may be silent."""
    if carried and said and carried != said:
        raise BusMessageError(Flaw.INCONSISTENT_HEADERS)
    return carried or said or ""


def _subject(vocabulary: Vocabulary, carried: Carried, said: AskingBody) -> SubjectBody:
    """Give the person named by body or header; where both name one, they must name the same."""
    if not carried.subject_id:
        if said.subject is None:
            raise BodyInvalidError("not-as-described", [{"pointer": "/subject", "code": "missing"}])
        return said.subject
    scheme, _, value = carried.subject_id.rpartition(":")
    if said.subject is None:
        return SubjectBody(scheme=scheme or _scheme_of(vocabulary, value), value=value)
    if value != said.subject.value or scheme not in {"", said.subject.scheme}:
        raise BusMessageError(Flaw.INCONSISTENT_HEADERS)
    return said.subject


def _scheme_of(vocabulary: Vocabulary, value: str) -> str:
    """Find the one scheme whose identifier this is: on the bus a person's id comes without its kind."""
    fitting = [scheme for scheme in vocabulary.schemes if is_valid(vocabulary, Scheme(scheme), value)]
    if len(fitting) != 1:
        raise InvalidIdentifierError("subject-id")
    return str(fitting[0])
