"""Consents that a registry itself takes by one-time code: it asks the person, her code comes back through us.

A verified approval is a consent on file like any other, with the registry's approval as its evidence.
Every step is on record, and an approval is on record before the registry hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, String, and_, bindparam, exists, func, insert, select, update
from sqlalchemy import case as choose

from adapters.approval import Approval, Approver, Errand, Verdict
from adapters.base import Question, SourceError
from audit.event import Event, Json, Kind, new_id
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.facts import Giver
from contracts.vocabulary import ExchangeId, OfficialId, Source, Subject, SubjectRef
from gateway.collection import RequiredSourceError
from gateway.consent.approved import ENDED, EXPIRED, FAILED, GIVEN, OPEN, Requested, read_approval
from gateway.consent.consents import Consent, Consents
from gateway.faults import AskedTooOftenError, CodeSentError, CodeWrongError, ConflictError, NotFoundError
from gateway.politeness.polite import Polite
from gateway.sealing.envelope import Context, SubjectKey
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.ground_tables import approvals
from gateway.storage.tables import subjects

MOST_WRONG_CODES = 3
MOST_SENT = 3
PAUSE = timedelta(minutes=1)
"""How long after one code the next may be sent."""
QUIET = timedelta(days=30)
MOST_ASKED = 5
"""How often an agency may have one person asked within those days."""
UNANSWERED = timedelta(minutes=10)
"""How long an approval is waited for of which the registry has not said until when its code counts."""
PATIENCE = 10.0


class Approvals:
    """Asks registries for approvals, hands in codes, and puts on file what came of it."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        log: Log,
        on_file: Consents,
        registries: Mapping[Source, Polite],
        tenant: str,
    ) -> None:
        self._database = database
        self._ring = ring
        self._log = log
        self._consents = on_file
        self._registries = registries
        self._tenant = tenant
        self._insert = Prepared(_asking(), database.dialect)
        self._close = Prepared(_while_open(outcome=bindparam("becomes", type_=String)), database.dialect)
        resent = {"sent_at": bindparam("when", type_=BigInteger), "sent": approvals.c.sent + 1}
        self._resend = Prepared(_while_open(outcome=OPEN, **resent), database.dialect)

    def gives(self, source: Source) -> bool:
        """Say whether this registry asks people for its own approval."""
        return source in self._registries and self._registries[source].approver is not None

    async def ask(self, wanted: Requested, subject: Subject, notice: str) -> Requested:
        """Let the registry ask the person. `notice` is the text that reaches her with the code.

        Raises:
            AskedTooOftenError: she is being asked the same, or was too often of late.
            RequiredSourceError: no code was sent. Whether the registry does not know her or could not is told
                nobody but the record: who is a patient is a fact about health.
        """
        key = await self._key(wanted.subject_ref)
        row = self._insert.bind(**wanted.row(), since=micros(now() - QUIET))
        try:
            await self._log.note(_event(wanted, "asked"), [row])
        except CompanionRefusedError:
            raise AskedTooOftenError from None
        question = Question(
            exchange_id=ExchangeId(wanted.id),
            message_id=new_id(),
            agency=wanted.agency,
            official=wanted.official,
            case=wanted.case,
            purpose_id="",
            subject=subject,
            fields=frozenset(),
            deadline=_deadline(),
            purpose=wanted.purpose,
        )
        try:
            approval = await self._approver(wanted.source).approve(question, notice)
        except SourceError as error:
            await self._end(wanted, FAILED, error.reason)
            raise RequiredSourceError(wanted.source, error.reason) from None
        sealed = key.seal(approval.person.encode(), self._context(wanted.id))
        await self._set(wanted.id, reference=approval.id, person=sealed, expires_at=micros(approval.until))
        await self._log.note(_event(wanted, "sent"))
        return await self.get(wanted.id)

    async def get(self, approval_id: str) -> Requested:
        """Read one; whose it is, is the edge's rule. Raises `NotFoundError`."""
        rows = await self._database.fetch(select(approvals).where(approvals.c.id == approval_id))
        if not rows:
            raise NotFoundError
        return read_approval(rows[0])

    async def verify(self, asked: Requested, code: str, notice_digest: str) -> Consent:
        """Hand in the code that the person said, and put her consent on file where it is the right one.

        Raises:
            CodeWrongError: it is not; the third ends the approval.
            ConflictError: the approval has ended, by whatever.
            RequiredSourceError: the registry could not say; the try does not count.
        """
        approval, attempts = await self._open(asked), asked.attempts + 1
        trying = and_(
            approvals.c.id == asked.id, approvals.c.outcome == OPEN, approvals.c.attempts < MOST_WRONG_CODES
        )
        if not await self._database.write(
            update(approvals).where(trying).values(attempts=approvals.c.attempts + 1)
        ):
            raise ConflictError("approval-ended")
        try:
            verdict = await self._approver(asked.source).verify(approval, code, _errand(asked.official))
        except SourceError as error:
            await self._set(asked.id, attempts=approvals.c.attempts - 1)
            await self._log.note(_event(asked, "code-not-checked", error.reason))
            raise RequiredSourceError(asked.source, error.reason) from None
        if verdict is Verdict.RIGHT:
            return await self._agree(asked, notice_digest)
        if verdict is Verdict.ENDED:
            await self._end(asked, ENDED)
            raise ConflictError("approval-ended")
        await self._log.note(_event(asked, "code-wrong", attempts=attempts))
        if attempts >= MOST_WRONG_CODES:
            await self._end(asked, ENDED)
        raise CodeWrongError

    async def resend(self, asked: Requested) -> Requested:
        """Let the registry send a new code, which alone counts from then on.

        Raises:
            CodeSentError: a code was sent a moment ago, or often enough.
            ConflictError: the approval has ended.
            RequiredSourceError: the registry could not send it, or could not say so.
        """
        approval = await self._open(asked)
        if asked.sent >= MOST_SENT or now() < asked.sent_at + PAUSE:
            raise CodeSentError
        again = self._resend.bind(which=asked.id, was=asked.sent, when=micros(now()))
        try:
            await self._log.note(_event(asked, "resent", sent=asked.sent + 1), [again])
        except CompanionRefusedError:
            raise CodeSentError from None
        try:
            renewed = await self._approver(asked.source).resend(approval, _errand(asked.official))
        except SourceError as error:
            await self._log.note(_event(asked, "code-not-sent", error.reason))
            raise RequiredSourceError(asked.source, error.reason) from None
        if renewed is None:
            await self._end(asked, ENDED)
            raise ConflictError("approval-ended")
        await self._set(asked.id, expires_at=micros(renewed.until))
        return await self.get(asked.id)

    async def _open(self, asked: Requested) -> Approval:
        """Give the approval as its registry knows it, while it waits for a code."""
        if asked.state(now()) == EXPIRED and asked.outcome == OPEN:
            await self._end(asked, EXPIRED)
        if asked.state(now()) != "asked" or asked.person is None:
            raise ConflictError(f"approval-{asked.state(now())}")
        key = await self._key(asked.subject_ref)
        person = key.open(asked.person, self._context(asked.id)).decode()
        return Approval(asked.reference, person, asked.expires_at)

    async def _agree(self, asked: Requested, notice_digest: str) -> Consent:
        consent = Consent(
            id="",
            subject_ref=asked.subject_ref,
            consumer=asked.agency,
            purpose=asked.purpose,
            sources=(asked.source,),
            given_by=Giver.SELF,
            evidence=f"otp:{asked.source}:{asked.reference}",
            notice_digest=notice_digest,
            language=asked.language,
            given_at=now(),
            until=asked.until,
            recorded_by=asked.agency,
        )
        closed = self._close.bind(which=asked.id, was=asked.sent, becomes=GIVEN)
        given = await self._consents.give(consent, [closed])
        await self._log.note(_event(asked, "verified", consent=given.id))
        return given

    async def _end(self, asked: Requested, outcome: str, reason: str = "") -> None:
        """Close it, once; one that somebody else has closed stays as it is."""
        closed = self._close.bind(which=asked.id, was=asked.sent, becomes=outcome)
        try:
            await self._log.note(_event(asked, outcome, reason), [closed])
        except CompanionRefusedError:
            return

    async def _set(self, approval_id: str, **values: Any) -> None:
        await self._database.write(update(approvals).where(approvals.c.id == approval_id).values(**values))

    async def _key(self, ref: SubjectRef) -> SubjectKey:
        wanted = select(subjects.c.wrapped_key, subjects.c.kek_version).where(subjects.c.ref == ref)
        rows = await self._database.fetch(wanted)
        if not rows:
            raise NotFoundError
        return SubjectKey.unwrap(self._ring, ref, rows[0].wrapped_key, rows[0].kek_version)

    def _context(self, approval_id: str) -> Context:
        return Context(self._tenant, "approvals", approval_id, "person")

    def _approver(self, source: Source) -> Approver:
        approver = self._registries[source].approver
        assert approver is not None  # noqa: S101  the edge has asked `gives`
        return approver


def _asking() -> Any:
    """Write it, unless the same is being asked, or was too often: a null then, which the schema refuses."""
    same = [
        approvals.c[name] == bindparam(name, type_=String)
        for name in ("subject_ref", "agency", "purpose", "source")
    ]
    waits = and_(approvals.c.outcome == OPEN, approvals.c.expires_at > bindparam("asked_at"))
    lately = (
        select(func.count())
        .select_from(approvals)
        .where(*same[:2], approvals.c.asked_at > bindparam("since", type_=BigInteger))
    )
    spared = and_(~exists().where(*same, waits), lately.scalar_subquery() < MOST_ASKED)
    values = {column.name: bindparam(column.name, type_=column.type) for column in approvals.c}
    sent = choose((spared, bindparam("sent", type_=Integer)))
    return insert(approvals).values(**{**values, "sent": sent})


def _while_open(outcome: Any, **values: Any) -> Any:
    """Change one that is open and was sent so often; else a null, which the schema refuses with the entry."""
    unchanged = and_(approvals.c.outcome == OPEN, approvals.c.sent == bindparam("was", type_=Integer))
    return (
        update(approvals)
        .where(approvals.c.id == bindparam("which"))
        .values(outcome=choose((unchanged, outcome)), **values)
    )


def _deadline() -> float:
    return asyncio.get_running_loop().time() + PATIENCE


def _errand(official: OfficialId) -> Errand:
    return Errand(new_id(), official, _deadline())


def _event(asked: Requested, result: str, reason: str = "", **more: Json) -> Event:
    return Event(
        kind=Kind.CONSENT,
        at=now(),
        agency=asked.agency,
        official=asked.official,
        case=asked.case,
        purpose=asked.purpose,
        subject_ref=asked.subject_ref,
        result=f"approval-{result}",
        reason=reason,
        details={"approval": asked.id, "sources": [asked.source], **more},
    )
