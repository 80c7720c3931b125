"""SPDCI's synchronous search: `/spdci/registry/sync/search`, each search of a message one exchange.

A search says on what it rests: `consent` of the person, `authorize` by law, or both. That is what is asked
for: sources whose ground is a consent, or another, or all. Whether the ground stands is looked up as for any
query; that somebody claims it changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from uuid_utils import uuid7

from audit.event import Json
from contracts.contract import Basis, NotPermittedError
from contracts.vocabulary import CaseId, ExchangeId, ObminError, OfficialId, Purpose, Scheme, Source
from gateway.agencies import Role
from gateway.faults import (
    BodyTooLargeError,
    ForbiddenError,
    MethodError,
    NotFoundError,
)
from gateway.identity import Caller
from gateway.query import Query
from gateway.storage.engine import now
from gateway.web.exchanging import answered
from gateway.web.facades.seam import coded
from gateway.web.facades.spdci_message import (
    Code,
    Search,
    SpdciBody,
    SpdciError,
    check_envelope,
    envelope,
    identifier_of,
    response,
)
from gateway.web.gate import Gate, caller_of, exchange_id_of, gate_of, language_of
from gateway.web.problems import problem_of
from gateway.web.replying import reply
from gateway.web.wire import SubjectBody, described, parse, read_bytes

router = APIRouter(prefix="/spdci", tags=["SPDCI"])

TABLE: Final[Mapping[type[BaseException], Code]] = MappingProxyType(
    {
        BodyTooLargeError: Code.TOTAL_COUNT_LIMIT_EXCEEDED,
        NotFoundError: Code.ACTION_NOT_SUPPORTED,
        MethodError: Code.ACTION_NOT_SUPPORTED,
    }
)
"""SPDCI knows no code for a refusal by right or a failure of ours: the rest are `search_criteria.invalid` and
`errors.too_many`, with our title and problem beside them."""


@router.post("/registry/sync/search", openapi_extra=described(SpdciBody), summary="SPDCI: synchronous search")
async def search(request: Request) -> Response:
    """Answer each search of a message with a social history, or with why there is none."""
    asked: SpdciBody | None = None
    try:
        gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
        gate.running.admit()
        asked = parse(SpdciBody, await read_bytes(request, gate.largest_body))
        check_envelope(asked)
        if asked.header.sender_id != caller.id:
            raise ForbiddenError
        searches = asked.message.search_request
        ids = [exchange_id_of(request), *(str(uuid7()) for _ in searches[1:])]
        found = await asyncio.gather(
            *(
                _found(request, gate, caller, asked, each, one)
                for each, one in zip(searches, ids, strict=True)
            )
        )
        return reply(envelope(asked, exchange_id_of(request), found))
    except ObminError as error:
        problem, language = problem_of(error), language_of(request.headers)
        said = envelope(asked, exchange_id_of(request), [], _rejection(error, language))
        return reply(said, problem.status, {**problem.headers, "Content-Language": language})


async def _found(
    request: Request, gate: Gate, caller: Caller, asked: SpdciBody, search: Search, exchange_id: str
) -> dict[str, Any]:
    """Take one search through the pipeline; its refusal is its own and leaves the others be."""
    language = language_of({"accept-language": search.locale} if search.locale else request.headers)
    try:
        gate.running.admit()
        query = _query(gate, caller, asked, search, exchange_id, language)
        answer = await answered(request, gate, caller, query)
    except Exception as error:  # noqa: BLE001  told in SPDCI's words
        return response(search, [], _rejection(error, language))
    record = {"@type": "SocialHistory", "@id": exchange_id, **orjson.loads(answer.as_json())}
    return response(search, [record])


def _query(
    gate: Gate, caller: Caller, asked: SpdciBody, search: Search, exchange_id: str, language: str
) -> Query:
    kind, value = identifier_of(search.search_criteria)
    purpose = _purpose(caller, search)
    via: dict[str, Json] = {
        "protocol": "spdci",
        "message_id": asked.header.message_id,
        "transaction_id": asked.message.transaction_id,
        "reference_id": search.reference_id,
        "claims": _claims(search),
    }
    subject = SubjectBody(scheme=gate.facades.spdci_identifiers.get(kind, kind), value=value)
    meta = asked.header.meta
    return Query(
        exchange_id=ExchangeId(exchange_id),
        subject=subject.subject(gate.pipeline.contracts.vocabulary),
        scheme=Scheme(subject.scheme),
        purpose=purpose,
        case=CaseId(meta.case) if meta.case else None,
        official=OfficialId(meta.official),
        sources=_claimed(gate, caller, purpose, search),
        fields=None,
        emergency=None,
        language=language,
        via=via,
    )


def _claims(search: Search) -> list[str]:
    criteria = search.search_criteria
    return [name for name in ("authorize", "consent") if getattr(criteria, name) is not None]


def _purpose(caller: Caller, search: Search) -> Purpose:
    """Give the purpose of the claims: there is none without a claim, and two claims have one."""
    codes = {getattr(search.search_criteria, name).purpose.code for name in _claims(search)}
    purposes = {caller.agency.purposes.get(code, code) for code in codes}
    if len(purposes) != 1:
        raise SpdciError(Code.SEARCH_CRITERIA_INVALID)
    return Purpose(purposes.pop())


def _claimed(gate: Gate, caller: Caller, purpose: Purpose, search: Search) -> frozenset[Source] | None:
    """Give the sources whose ground is of the kind that is claimed; None for all the contract gives."""
    claims = _claims(search)
    if len(claims) > 1:
        return None
    with suppress(NotPermittedError):  # the pipeline refuses it again, and puts that on record
        terms = gate.pipeline.contracts.permit(caller.id, purpose, now()).terms
        by_consent = {source for source, part in terms.items() if part.basis is Basis.CONSENT}
        return frozenset(by_consent if claims == ["consent"] else terms.keys() - by_consent)
    return None


def _rejection(error: BaseException, language: str) -> tuple[str, str]:
    """Say a refusal in SPDCI's code, and in our words what it was."""
    code = (
        error.reason
        if isinstance(error, SpdciError)
        else coded(error, TABLE, Code.SEARCH_CRITERIA_INVALID, Code.ERRORS_TOO_MANY)
    )
    problem = problem_of(error)
    return code.value, f"{problem.title[language]} (/problems/{problem.slug})"
