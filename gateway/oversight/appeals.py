"""What a person asks about the use of her data: she objects, complains, or wants an entry corrected.

Each appeal is an entry of the record with her words sealed under her own key, and a row of the queue of
whoever has to answer: the agency that asked about her, or the oversight body where she complains. The
answer is an entry, too, sealed likewise. How long an answer may take is the law's
(Law 2297-VI art. 8(2): thirty calendar days).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind, new_id
from audit.log import Log
from audit.query import by_id
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.oversight.appeal import (
    ANSWERED_WITHIN,
    MOST_OPEN,
    OVERSIGHT,
    Appeal,
    Matter,
    Outcome,
    Wish,
    Words,
    read_appeal,
)
from gateway.oversight.sealed import SEALED, SealedParts
from gateway.oversight.statements import Line, Statements
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.tables import appeals


class Appeals:
    """Takes appeals, keeps the queues, and hears the answers."""

    def __init__(self, database: Database, log: Log, parts: SealedParts, statements: Statements) -> None:
        self._database = database
        self._log = log
        self._parts = parts
        self._statements = statements
        self._insert = Prepared(insert(appeals), database.dialect)
        self._answer = Prepared(
            update(appeals)
            .where(appeals.c.id == bindparam("which"))
            .values(
                answered_at=bindparam("when", type_=BigInteger),
                agency=bindparam("whose", type_=String),
                official=bindparam("who", type_=String),
                answer_id=bindparam("entry", type_=String),
                # Answered by another in between is null, which the schema refuses with the entry.
                outcome=choose((appeals.c.answered_at.is_(None), bindparam("becomes", type_=String))),
            ),
            database.dialect,
        )

    async def make(self, ref: SubjectRef, wish: Wish, by: AgencyId) -> Appeal:
        """Take a person's appeal, on record before it is acknowledged.

        Raises:
            NotFoundError: nobody of that pseudonym, or no exchange about her that she may be told of.
            BodyInvalidError: only a complaint may be about no exchange; or not a register of that exchange.
            ConflictError: the same is being considered (`being-considered`), or too much is (`too-many`).
        """
        to = await self._addressee(ref, wish)
        await self._spare(ref, wish)
        at, appeal_id = now(), new_id()
        due = (at + ANSWERED_WITHIN).date()
        made = Appeal(appeal_id, ref, wish.matter, wish.exchange_id, wish.source, to, at, due)
        details: dict[str, Json] = {
            "appeal": appeal_id,
            "about": wish.matter.value,
            "to": to or "oversight",
            "due": due.isoformat(),
            SEALED: await self._parts.seal(ref, appeal_id, Kind.APPEAL, wish.words),
        }
        event = Event(
            kind=Kind.APPEAL,
            at=at,
            id=appeal_id,
            exchange_id=wish.exchange_id,
            agency=by,
            subject_ref=ref,
            result="made",
            details=details,
        )
        row = self._insert.bind(
            id=appeal_id,
            subject_ref=ref,
            matter=wish.matter.value,
            exchange_id=wish.exchange_id,
            source=wish.source,
            addressee=to,
            made_at=micros(at),
            due_on=due.isoformat(),
            answered_at=None,
            agency="",
            official="",
            outcome="",
            answer_id="",
        )
        try:
            await self._log.note(event, [row])
        except CompanionRefusedError:
            raise NotFoundError from None  # erased in between
        return made

    async def of(self, ref: SubjectRef) -> Sequence[Appeal]:
        """List a person's appeals, the newest first."""
        return await self._select(appeals.c.subject_ref == ref, appeals.c.made_at.desc())

    async def queue(self, to: AgencyId | None, *, unanswered: bool = True) -> Sequence[Appeal]:
        """List what an agency has to answer, or everybody's for None, the first due first."""
        conditions = [appeals.c.addressee == to] if to is not None else []
        conditions += [appeals.c.answered_at.is_(None)] if unanswered else []
        return await self._select(*conditions, appeals.c.due_on, limit=1000)

    async def get(self, appeal_id: str) -> Appeal:
        """Read one without its words; who may see it is the edge's rule. Raises `NotFoundError`."""
        found = await self._select(appeals.c.id == appeal_id, appeals.c.id)
        if not found:
            raise NotFoundError
        return found[0]

    async def read(self, appeal: Appeal, by: AgencyId, official: str = "") -> Words:
        """Give the words of one; the reading is on record before they are given.

        Raises:
            NotFoundError: the person was erased.
        """
        asked = await self._opened(appeal.id)
        answer = await self._opened(appeal.answer_id) if appeal.answer_id else ""
        event = Event(
            kind=Kind.READ,
            at=now(),
            exchange_id=appeal.exchange_id,
            agency=by,
            official=official,
            subject_ref=appeal.subject_ref,
            result="appeal",
        )
        await self._log.note(event)
        return Words(asked, answer)

    async def answer(
        self, appeal: Appeal, agency: AgencyId, official: OfficialId, outcome: Outcome, words: str
    ) -> Appeal:
        """Take the answer, once; late is better than never.

        Raises:
            ConflictError: answered before.
            NotFoundError: the person was erased.
        """
        if appeal.answered_at is not None:
            raise ConflictError("answered-before")
        at, answer_id = now(), new_id()
        sealed = await self._parts.seal(appeal.subject_ref, answer_id, Kind.APPEAL, words)
        event = Event(
            kind=Kind.APPEAL,
            at=at,
            id=answer_id,
            exchange_id=appeal.exchange_id,
            agency=agency,
            official=official,
            subject_ref=appeal.subject_ref,
            result="answered",
            reason=outcome.value,
            details={"appeal": appeal.id, "about": appeal.matter.value, SEALED: sealed},
        )
        done = self._answer.bind(
            which=appeal.id,
            when=micros(at),
            whose=agency,
            who=official,
            entry=answer_id,
            becomes=outcome.value,
        )
        try:
            await self._log.note(event, [done])
        except CompanionRefusedError:
            raise ConflictError("answered-before") from None
        return await self.get(appeal.id)

    async def _addressee(self, ref: SubjectRef, wish: Wish) -> AgencyId:
        """Say who has to answer; she may only name an exchange of which she may be told."""
        if not wish.exchange_id:
            if wish.matter is not Matter.COMPLAINT:
                raise BodyInvalidError("not-as-described", [{"pointer": "/exchange_id", "code": "missing"}])
            return OVERSIGHT
        line = await self._statements.one(ref, wish.exchange_id)
        if wish.source and wish.source not in _registers(line):
            raise BodyInvalidError("not-as-described", [{"pointer": "/source", "code": "not-asked"}])
        assert line.recorded  # noqa: S101  a line that is only its delay is none that can be named
        return OVERSIGHT if wish.matter is Matter.COMPLAINT else AgencyId(line.recorded.event.agency)

    async def _spare(self, ref: SubjectRef, wish: Wish) -> None:
        waiting = [each for each in await self.of(ref) if each.answered_at is None]
        same = (wish.matter, wish.exchange_id, wish.source)
        if wish.exchange_id and any((e.matter, e.exchange_id, e.source) == same for e in waiting):
            raise ConflictError("being-considered")
        if len(waiting) >= MOST_OPEN:
            raise ConflictError("too-many")

    async def _opened(self, event_id: str) -> str:
        async with self._database.reading() as connection:
            found = await by_id(connection, event_id)
        if found is None:
            raise NotFoundError
        return await self._parts.open(found.event)

    async def _select(self, *conditions: Any, limit: int = 200) -> list[Appeal]:
        *where, order = conditions
        query = select(appeals).where(*where).order_by(order, appeals.c.id).limit(limit)
        return [read_appeal(row) for row in await self._database.fetch(query)]


def _registers(line: Line) -> set[str]:
    return {str(each["source"]) for each in line.sources}
