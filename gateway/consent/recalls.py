"""A withdrawal reaches back: stored answers are purged, and each past recipient must acknowledge a recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy import case as choose

from audit.event import Event, Kind
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.consent.consents import Consent, Consents, Ending
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.ground_tables import consent_uses, recalls
from gateway.storage.tables import consents, exchanges
from gateway.workdays import Calendar

WORKING_DAYS = 10
"""How long a recipient has to acknowledge (Law 2297-VI art. 20(3): ten working days to answer a person)."""
RECALLED = "recalled"
"""The state of a stored answer that rests on a withdrawn consent and has not been purged yet."""


class Outcome(StrEnum):
    """What a recipient did with what it had received."""

    DELETED = "deleted"
    RESTRICTED = "restricted"
    KEPT_BY_LAW = "kept-by-law"


@dataclass(frozen=True, slots=True)
class Recall:
    """One consent that was withdrawn, to one agency that had received data on it."""

    consent_id: str
    agency: AgencyId
    purpose: str
    subject_ref: str
    made_at: datetime
    due_on: date
    acknowledged_at: datetime | None
    outcome: str

    def is_overdue(self, on: date) -> bool:
        """Say whether the last day to acknowledge has passed without a word."""
        return self.acknowledged_at is None and on > self.due_on


class Recalls:
    """Withdraws consents with all that follows, and keeps the list of who has not answered."""

    def __init__(self, database: Database, log: Log, consents_on_file: Consents, calendar: Calendar) -> None:
        self._database = database
        self._log = log
        self._consents = consents_on_file
        self._calendar = calendar
        self._make = Prepared(_recipients(), database.dialect)
        self._mark = Prepared(_answers_resting_on(), database.dialect)
        # What another did in between becomes null, which the schema refuses with the whole entry.
        told = choose((recalls.c.announced == 0, bindparam("told", type_=Integer)))
        done = choose((recalls.c.acknowledged_at.is_(None), bindparam("done", type_=String)))
        self._announce = Prepared(_set(announced=told), database.dialect)
        self._acknowledge = Prepared(
            _set(
                acknowledged_at=bindparam("when", type_=BigInteger),
                official=bindparam("who", type_=String),
                outcome=done,
            ),
            database.dialect,
        )

    async def withdraw(self, consent: Consent, by: AgencyId, reason: str) -> Consent:
        """Withdraw a consent: from here no answer that rested on it is read again as it was.

        Its recalls are made, and the answers kept of it are set apart for purging, in the transaction of
        the withdrawal itself: no release can slip in between.
        """
        at = now()
        due = self._calendar.after(at.date(), WORKING_DAYS)
        companions: list[Statement] = [
            self._make.bind(consent=consent.id, made=micros(at), due=due.isoformat()),
            self._mark.bind(consent=consent.id, new_state=RECALLED),
        ]
        withdrawn = await self._consents.end(consent, Ending.WITHDRAWN, by, reason, companions)
        await self.announce()
        return withdrawn

    async def announce(self) -> int:
        """Put on record which recalls were made; give how many. Whoever dies before is made up for later."""
        waiting = await self._select(recalls.c.announced == 0)
        for recall in waiting:
            told = self._announce.bind(of=recall.consent_id, to=recall.agency, told=1)
            with suppress(CompanionRefusedError):  # another process has told of it
                await self._log.note(_event(recall, "recalled", recall.agency, now()), [told])
        return len(waiting)

    async def to(self, agency: AgencyId, *, unanswered: bool) -> Sequence[Recall]:
        """List an agency's recalls, the oldest first."""
        condition = recalls.c.agency == agency
        return await self._select(
            condition & recalls.c.acknowledged_at.is_(None) if unanswered else condition
        )

    async def unanswered(self) -> Sequence[Recall]:
        """List the recalls that nobody has acknowledged, of every agency, the first due first."""
        return await self._select(recalls.c.acknowledged_at.is_(None))

    async def of_person(self, ref: SubjectRef) -> Sequence[Recall]:
        """List the recalls of a person's consents, the first due first."""
        return await self._select(consents.c.subject_ref == ref)

    async def recipients(self, consent_id: str) -> Mapping[AgencyId, int]:
        """Say who has received something on a consent, in how many exchanges: whom a recall would reach."""
        used = (
            select(consent_uses.c.agency, func.count().label("times"))
            .where(consent_uses.c.consent_id == consent_id)
            .group_by(consent_uses.c.agency)
            .order_by(consent_uses.c.agency)
        )
        return {AgencyId(row.agency): row.times for row in await self._database.fetch(used)}

    async def acknowledge(
        self, agency: AgencyId, consent_id: str, official: OfficialId, outcome: Outcome
    ) -> Recall:
        """Note what a recipient did, once.

        Raises:
            NotFoundError: no such recall to this agency.
            ConflictError: it has been acknowledged before.
        """
        found = await self._select((recalls.c.agency == agency) & (recalls.c.consent_id == consent_id))
        if not found:
            raise NotFoundError
        if found[0].acknowledged_at is not None:
            raise ConflictError("acknowledged-before")
        at = now()
        done = self._acknowledge.bind(
            of=consent_id, to=agency, when=micros(at), who=official, done=outcome.value
        )
        event = _event(found[0], "recall-acknowledged", agency, at, official, outcome.value)
        try:
            await self._log.note(event, [done])
        except CompanionRefusedError:
            raise ConflictError("acknowledged-before") from None
        return (await self._select((recalls.c.agency == agency) & (recalls.c.consent_id == consent_id)))[0]

    async def _select(self, condition: Any) -> list[Recall]:
        statement = (
            select(recalls, consents.c.purpose, consents.c.subject_ref)
            .join(consents, consents.c.id == recalls.c.consent_id)
            .where(condition)
            .order_by(recalls.c.due_on, recalls.c.made_at, recalls.c.consent_id)
        )
        return [_recall(row) for row in await self._database.fetch(statement)]


def _recipients() -> Any:
    """Make a recall for each agency that has received something on the consent."""
    made = bindparam("made", type_=BigInteger)
    due = bindparam("due", type_=String)
    past = (
        select(consent_uses.c.consent_id, consent_uses.c.agency, made, due, literal_column("0", Integer))
        .distinct()
        .where(consent_uses.c.consent_id == bindparam("consent"))
    )
    return insert(recalls).from_select(["consent_id", "agency", "made_at", "due_on", "announced"], past)


def _answers_resting_on() -> Any:
    """Set apart the answers still kept that rest on the consent."""
    resting = exists().where(
        consent_uses.c.exchange_id == exchanges.c.id, consent_uses.c.consent_id == bindparam("consent")
    )
    kept = exchanges.c.state == "answered"
    return update(exchanges).where(resting, kept).values(state=bindparam("new_state", type_=String))


def _set(**values: Any) -> Any:
    mine = (recalls.c.consent_id == bindparam("of"), recalls.c.agency == bindparam("to"))
    return update(recalls).where(*mine).values(**values)


def _event(
    recall: Recall, result: str, agency: AgencyId, at: datetime, official: str = "", outcome: str = ""
) -> Event:
    return Event(
        kind=Kind.CONSENT,
        at=at,
        agency=agency,
        official=official,
        purpose=recall.purpose,
        subject_ref=recall.subject_ref,
        result=result,
        reason=outcome,
        details={"consent": recall.consent_id, "due": recall.due_on.isoformat()},
    )


def _recall(row: Any) -> Recall:
    return Recall(
        consent_id=row.consent_id,
        agency=AgencyId(row.agency),
        purpose=row.purpose,
        subject_ref=row.subject_ref,
        made_at=instant(row.made_at),
        due_on=date.fromisoformat(row.due_on),
        acknowledged_at=instant(row.acknowledged_at) if row.acknowledged_at is not None else None,
        outcome=row.outcome,
    )
