"""Asking a person for her consent: who asks for what, how she is reached, what she says, and no nagging."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    LargeBinary,
    String,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.facts import Giver
from contracts.vocabulary import AgencyId, SubjectRef
from gateway.consent.asked import EXPIRED, OPEN, REFUSED, ConsentRequest, read_request
from gateway.consent.consents import Consent, Consents, new_reference
from gateway.consent.reaching import Channel, Message
from gateway.faults import AskedTooOftenError, ConflictError, NotFoundError
from gateway.sealing.binding import bind
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.ground_tables import consent_requests, waiting_exchanges
from gateway.storage.tables import exchanges

QUIET = timedelta(days=30)
"""How long whoever refused is not asked the same again, and in which she is asked so often at most."""
MOST_ASKED = 3
MOST_WRONG_CODES = 5
CODE_DIGITS = 8


class ConsentRequests:
    """Asks people, and takes what they say. Each step is an entry of the record."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        log: Log,
        on_file: Consents,
        channel: Channel,
        public_url: str,
    ) -> None:
        self._database = database
        self._ring = ring
        self._log = log
        self._consents = on_file
        self._channel = channel
        self._public_url = public_url
        self._insert = Prepared(_asking(), database.dialect)
        self._close = Prepared(_closing(), database.dialect)
        resting = select(waiting_exchanges.c.exchange_id).where(
            waiting_exchanges.c.request_id == bindparam("which")
        )
        self._refuse = Prepared(
            update(exchanges)
            .where(exchanges.c.id.in_(resting))
            .values(state=bindparam("ended", type_=String), problem=bindparam("slug", type_=String)),
            database.dialect,
        )
        self._forget = Prepared(
            delete(waiting_exchanges).where(waiting_exchanges.c.request_id == bindparam("which")),
            database.dialect,
        )

    async def ask(self, request: ConsentRequest, statements: Sequence[Statement], who: str) -> ConsentRequest:
        """Put the question on record, then reach the person; `who` asks, by its name in her language.

        Raises:
            AskedTooOftenError: the same is being asked, was refused lately, or was asked too often.
        """
        await self._spare(request)
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        row = self._insert.bind(
            id=request.id,
            subject_ref=request.subject_ref,
            consumer=request.consumer,
            purpose=request.purpose,
            sources=orjson.dumps(request.sources).decode(),
            case_id=request.case,
            official=request.official,
            language=request.language,
            until=micros(request.until),
            asked_at=micros(request.asked_at),
            expires_at=micros(request.expires_at),
            digest=self._digest(request.id, code),
            attempts=0,
            outcome=OPEN,
            answered_at=None,
            consent_id=None,
            of=request.subject_ref,
            by=request.consumer,
            why=request.purpose,
        )
        try:
            await self._log.note(_event(request, "asked"), [*statements, row])
        except CompanionRefusedError:
            raise AskedTooOftenError from None
        link = f"{self._public_url}/person/consent-requests/{request.id}"
        message = Message(
            request.id, request.subject_ref, request.language, who, link, code, request.expires_at
        )
        reached = await self._channel.reach(message)
        await self._log.note(_event(request, "reached" if reached else "not-reached"))
        return request

    async def get(self, request_id: str) -> ConsentRequest:
        """Read one; who may see it is the edge's rule. Raises `NotFoundError`."""
        found = await self._select(consent_requests.c.id == request_id)
        if not found:
            raise NotFoundError
        return found[0]

    async def of(self, ref: SubjectRef) -> Sequence[ConsentRequest]:
        """List a person's, the newest first."""
        return await self._select(consent_requests.c.subject_ref == ref)

    async def recognise(self, request: ConsentRequest, code: str) -> bool:
        """Say whether whoever opened the page has the message. Few wrong codes, and nobody is recognised."""
        rows = await self._database.fetch(
            select(consent_requests.c.code).where(consent_requests.c.id == request.id)
        )
        still = and_(consent_requests.c.id == request.id, consent_requests.c.attempts < MOST_WRONG_CODES)
        if not rows or request.attempts >= MOST_WRONG_CODES:
            return False
        if hmac.compare_digest(rows[0].code, self._digest(request.id, code)):
            return True
        await self._database.write(
            update(consent_requests).where(still).values(attempts=consent_requests.c.attempts + 1)
        )
        return False

    async def answer(
        self, request: ConsentRequest, answer: str, notice_digest: str, by: AgencyId
    ) -> ConsentRequest:
        """Take her answer, once; a consent is on file in the same transaction, and so is a refusal.

        Raises:
            ConflictError: answered before, or too late.
        """
        at = now()
        if request.state(at) != "asked":
            raise ConflictError("answered-before")
        consent = Consent(
            id=new_reference(),
            subject_ref=request.subject_ref,
            consumer=request.consumer,
            purpose=request.purpose,
            sources=request.sources,
            given_by=Giver.SELF,
            evidence=f"consent-request:{request.id}",
            notice_digest=notice_digest,
            language=request.language,
            given_at=at,
            until=request.until,
            recorded_by=by,
        )
        closed = self._close.bind(which=request.id, becomes=answer, when=micros(at), given=consent.id)
        after = [closed, *(self._end_waiting(request.id) if answer == REFUSED else ())]
        await self._consents.give(consent, after=after, refused=answer == REFUSED)
        return await self.get(request.id)

    async def expire(self) -> int:
        """End what nobody has answered in time, and the exchanges that waited for it; give how many."""
        over = and_(consent_requests.c.outcome == OPEN, consent_requests.c.expires_at <= micros(now()))
        found = await self._select(over)
        for request in found:
            closed = self._close.bind(which=request.id, becomes=EXPIRED, when=micros(now()), given=None)
            try:
                await self._log.note(_event(request, EXPIRED), [closed, *self._end_waiting(request.id)])
            except CompanionRefusedError:
                continue  # answered in the last instant
        return len(found)

    def _end_waiting(self, request_id: str) -> list[Statement]:
        refused = self._refuse.bind(which=request_id, ended="refused", slug="consent-missing")
        return [refused, self._forget.bind(which=request_id)]

    async def _spare(self, request: ConsentRequest) -> None:
        """Spare a person who was asked the same a while ago."""
        lately = [
            each
            for each in await self.of(request.subject_ref)
            if (each.consumer, each.purpose) == (request.consumer, request.purpose)
            and each.asked_at > request.asked_at - QUIET
        ]
        if len(lately) >= MOST_ASKED or any(each.outcome == REFUSED for each in lately):
            raise AskedTooOftenError

    def _digest(self, request_id: str, code: str) -> bytes:
        message = bind("obmin consent code", request_id, code)
        return hmac.digest(self._ring.index_key, message, "sha256")[:16]

    async def _select(self, condition: Any) -> list[ConsentRequest]:
        query = select(consent_requests).where(condition).order_by(consent_requests.c.asked_at.desc())
        return [read_request(row) for row in await self._database.fetch(query)]


def _asking() -> Any:
    """Write a request, unless the same is being asked: that makes the code null, which the schema refuses."""
    open_one = exists().where(
        consent_requests.c.subject_ref == bindparam("of"),
        consent_requests.c.consumer == bindparam("by"),
        consent_requests.c.purpose == bindparam("why"),
        consent_requests.c.outcome == bindparam("outcome"),
    )
    return insert(consent_requests).values(
        code=choose((~open_one, bindparam("digest", type_=LargeBinary))),
        **{
            column.name: bindparam(column.name, type_=column.type)
            for column in consent_requests.c
            if column.name != "code"
        },
    )


def _closing() -> Any:
    still_open = choose((consent_requests.c.outcome == OPEN, bindparam("becomes", type_=String)))
    return (
        update(consent_requests)
        .where(consent_requests.c.id == bindparam("which"))
        .values(
            outcome=still_open,
            answered_at=bindparam("when", type_=BigInteger),
            consent_id=bindparam("given", type_=String),
        )
    )


def _event(request: ConsentRequest, result: str) -> Event:
    details: dict[str, Json] = {"request": request.id, "sources": list(request.sources)}
    return Event(
        kind=Kind.CONSENT,
        at=now(),
        agency=request.consumer,
        official=request.official,
        case=request.case,
        purpose=request.purpose,
        subject_ref=request.subject_ref,
        result=f"request-{result}",
        details=details,
    )
