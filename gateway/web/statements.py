"""The person: who asked about her (role `person-portal`), as our statement and as Estonia's tracker has it.

`/v2/findUsage`, `/v2/usagePeriod` and `/v2/heartbeat` follow the Estonian data tracker's interface
(RIA, Andmejälgija 2.1.0), also without `/v2`. There an identifier stands in the query: the gateway logs
no query of any request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from audit.query import Filter, search
from contracts.identifiers import InvalidIdentifierError, check
from contracts.vocabulary import Identity, ObminError, Subject
from contracts.words import Vocabulary
from gateway.agencies import Role
from gateway.faults import UsageQueryError
from gateway.oversight.referred import shown as told_referral
from gateway.oversight.referred import stories
from gateway.oversight.statements import Line
from gateway.oversight.wording import SENTENCES, Wordings
from gateway.storage.engine import now
from gateway.web.bodies import StatementBody
from gateway.web.gate import Gate, caller_of, gate_of, language_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import described, parse, read_bytes

router = APIRouter(tags=["the person"])

LARGEST = 2**31 - 1
MOST_USAGES = 1000
PLAIN = "text/plain"


class UsageQuery(BaseModel):
    """What `findUsage` can be told besides whom it is about."""

    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    offset: Annotated[int, Field(ge=0, le=LARGEST)]
    limit: Annotated[int, Field(ge=0, le=LARGEST)]


@router.post("/v1/statements", openapi_extra=described(StatementBody), summary="Who asked about a person")
async def give(request: Request) -> Response:
    """Give a person's statement, each line with a proof of its own; `Accept: text/plain` to read it."""
    gate, caller = gate_of(request), caller_of(request, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(StatementBody, content)
        vocabulary = gate.pipeline.contracts.vocabulary
        statement = await gate.oversight.statements.give(
            caller.id,
            body.subject.subject(vocabulary),
            body.person.subject(vocabulary) if body.person else None,
            body.start,
            body.end,
            body.after,
            body.limit,
        )
        if PLAIN in request.headers.get("accept", ""):
            return _as_text(gate, statement.lines, language_of(request.headers))
        words = gate.oversight.wordings
        shown = {
            "log": {"origin": gate.pipeline.log.origin, "key": str(gate.publisher.signer.verifier)},
            "lines": [words.line(line) for line in statement.lines],
            "text": {} if statement.lines else SENTENCES["never-asked"],
            "referrals": [told_referral(each, words) for each in stories(statement.referrals, now())],
            "offers": [words.offer(each.event) for each in statement.offers],
            "next": statement.after,
        }
        return reply(shown)

    async def recall(_exchange_id: str) -> Response:
        return await produce()

    return await once(request, caller, content, produce, recall)


def _as_text(gate: Gate, lines: Any, language: str) -> Response:
    words = gate.oversight.wordings
    told = [words.text(line)[language] for line in lines] or [SENTENCES["never-asked"][language]]
    return Response("\n".join(told) + "\n", media_type=f"{PLAIN}; charset=utf-8")


@router.get("/v2/findUsage", summary="Uses of a person's data (Estonian data tracker)")
@router.get("/findUsage", include_in_schema=False)
async def find_usage(
    request: Request,
    user_id: Annotated[str, Header(alias="X-Road-UserId")] = "",
    user_code: Annotated[str, Query(alias="userCode")] = "",
    period_start: Annotated[str | None, Query(alias="periodStart")] = None,
    period_end: Annotated[str | None, Query(alias="periodEnd")] = None,
    offset: str = "0",
    limit: str = str(MOST_USAGES),
) -> Response:
    """List uses, the newest first; `userCode` must be the person of `X-Road-UserId`."""
    gate, caller = gate_of(request), caller_of(request, Role.PERSON_PORTAL)
    try:
        asked = UsageQuery.model_validate(
            {"start": period_start, "end": period_end, "offset": offset, "limit": limit}
        )
    except ValidationError:
        raise UsageQueryError from None
    vocabulary = gate.pipeline.contracts.vocabulary
    statement = await gate.oversight.statements.give(
        caller.id,
        _subject(user_code, vocabulary),
        _subject(user_id, vocabulary),
        asked.start,
        asked.end,
        limit=LARGEST,
        proved=False,
    )
    uses = [line for line in reversed(statement.lines) if line.recorded]
    words, language = gate.oversight.wordings, language_of(request.headers)
    shown = uses[asked.offset : asked.offset + min(asked.limit, MOST_USAGES)]
    return reply({"totalUsages": len(uses), "usages": [_usage(words, line, language) for line in shown]})


@router.get("/v2/usagePeriod", summary="Since when uses are known (Estonian data tracker)")
@router.get("/usagePeriod", include_in_schema=False)
async def usage_period(request: Request) -> Response:
    """Give the instant of the oldest entry; without an end, uses are known until now."""
    gate = gate_of(request)
    async with gate.database.reading() as connection:
        oldest = await search(connection, Filter(), 1)
    return reply({"periodStart": oldest[0].event.at})


@router.get("/v2/heartbeat", summary="Can statements be given? (Estonian data tracker)")
@router.get("/heartbeat", include_in_schema=False)
async def heartbeat(request: Request) -> Response:
    """Say whether the record can be read and its heads are signed."""
    gate = gate_of(request)
    try:
        async with gate.database.reading() as connection:
            await search(connection, Filter(), 1)
    except ObminError:
        return reply({"status": "FAIL", "message": "the record cannot be read"})
    if not gate.publishing():
        return reply({"status": "FAIL", "message": "the record's head is no longer signed"})
    return reply({"status": "OK", "message": "the record can be read"})


def _usage(words: Wordings, line: Line, language: str) -> Mapping[str, Any]:
    assert line.recorded  # noqa: S101  the caller has chosen
    event = line.recorded.event
    name = words.agency(event.agency)[language]
    return {
        "logtime": event.at,
        "action": words.action(line, language),
        "receiverCode": event.agency,
        "receiverName": name,
        "receiverSystem": event.agency,
    }


def _subject(code: str, vocabulary: Vocabulary) -> Subject:
    """Read a person's code: a country in front is dropped, and the first scheme that it fits is taken."""
    bare = code[2:] if code[:2].isascii() and code[:2].isalpha() and code[2:].isdecimal() else code
    for scheme in vocabulary.schemes:
        try:
            return Subject(Identity({scheme: check(vocabulary, scheme, bare)}))
        except InvalidIdentifierError:
            continue
    raise UsageQueryError
