"""What became of a correction: the register's owner answers, and whoever was told the wrong value must know.

Every agency that was given the field of this person is a recipient, by the record itself. Each has ten
working days to say that it has put right what it holds; who has not is listed and reminded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, bindparam, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Kind
from audit.log import Log
from audit.query import Filter, stream
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, OfficialId
from gateway.agencies import Agency
from gateway.corrections import Correction, Corrections, told_in
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.channel_tables import correction_outcomes, correction_recipients
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.workdays import Calendar

WORKING_DAYS: Final = 10
"""How long a recipient has (Law 2297-VI art. 21(3): within ten working days)."""


class Result(StrEnum):
    """What the register's owner did."""

    CORRECTED = "corrected"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An agency that was told a value which was corrected since, and whether it knows."""

    correction_id: str
    agency: AgencyId
    exchanges: Sequence[str]
    due_on: date
    acknowledged_at: datetime | None


class Correcting:
    """Takes the owners' answers and keeps the list of who has not acknowledged."""

    def __init__(
        self,
        database: Database,
        log: Log,
        corrections: Corrections,
        agencies: Mapping[AgencyId, Agency],
        calendar: Calendar,
    ) -> None:
        self._database = database
        self._log = log
        self._corrections = corrections
        self._agencies = agencies
        self._calendar = calendar
        self._outcome = Prepared(insert(correction_outcomes), database.dialect)
        self._recipient = Prepared(insert(correction_recipients), database.dialect)
        # What another did in between becomes null, which the schema refuses with the whole entry.
        first = correction_recipients.c.acknowledged_at.is_(None)
        self._acknowledge = Prepared(
            update(correction_recipients)
            .where(
                correction_recipients.c.correction_id == bindparam("of"),
                correction_recipients.c.agency == bindparam("to"),
            )
            .values(
                acknowledged_at=bindparam("when", type_=BigInteger),
                official=choose((first, bindparam("who"))),
            ),
            database.dialect,
        )

    async def answer(
        self, correction_id: str, owner: AgencyId, official: OfficialId, result: Result
    ) -> Correction:
        """Put the owner's answer on record; where the entry was corrected, everybody who was told is due.

        Raises:
            NotFoundError: no such request about a register that this agency keeps.
            ConflictError: it was answered before (`answered-before`).
        """
        correction, subject_ref = await self._corrections.find(correction_id)
        if correction.source not in self._agencies[owner].keeps:
            raise NotFoundError
        at = now()
        due = self._calendar.after(at.date(), WORKING_DAYS).isoformat()
        told = await self._told(correction, subject_ref) if result is Result.CORRECTED else {}
        event = Event(
            kind=Kind.CORRECTION,
            at=at,
            agency=owner,
            official=official,
            subject_ref=subject_ref,
            result=result.value,
            details={
                "correction": correction_id,
                "source": correction.source,
                "field": correction.field,
                "due": due if told else "",
                "recipients": sorted(told),
            },
        )
        row = self._outcome.bind(
            correction_id=correction_id,
            subject_ref=subject_ref,
            agency=owner,
            official=official,
            outcome=result.value,
            at=micros(at),
        )
        recipients = [
            self._recipient.bind(
                correction_id=correction_id,
                agency=agency,
                exchanges=orjson.dumps(exchanges).decode(),
                due_on=due,
                acknowledged_at=None,
                official="",
            )
            for agency, exchanges in sorted(told.items())
        ]
        try:
            await self._log.note(event, [row, *recipients])
        except CompanionRefusedError:
            raise ConflictError("answered-before") from None
        return correction

    async def acknowledge(self, correction_id: str, agency: AgencyId, official: OfficialId) -> Recipient:
        """Note that a recipient has put right what it holds, once.

        Raises:
            NotFoundError: no such correction of what this agency was told.
            ConflictError: it has said so before.
        """
        correction, subject_ref = await self._corrections.find(correction_id)
        at = now()
        done = self._acknowledge.bind(of=correction_id, to=agency, when=micros(at), who=official)
        event = Event(
            kind=Kind.CORRECTION,
            at=at,
            agency=agency,
            official=official,
            subject_ref=subject_ref,
            result="acknowledged",
            details={"correction": correction_id, "source": correction.source, "field": correction.field},
        )
        if not await self._select(correction_id=correction_id, agency=agency):
            raise NotFoundError
        try:
            await self._log.note(event, [done])
        except CompanionRefusedError:
            raise ConflictError("acknowledged-before") from None
        return (await self._select(correction_id=correction_id, agency=agency))[0]

    async def unanswered(self, agency: AgencyId | None = None) -> Sequence[Recipient]:
        """List who has not acknowledged, the first due first: of one agency, or all."""
        waiting = await self._select(**({"agency": agency} if agency else {}))
        return [each for each in waiting if each.acknowledged_at is None]

    async def _told(self, correction: Correction, subject_ref: str) -> Mapping[str, Sequence[str]]:
        """Find in the record who was told the field of this person, and in which exchanges."""
        told: dict[str, list[str]] = defaultdict(list)
        async with self._database.reading() as connection:
            for kind, outcome in ((Kind.RELEASE, None), (Kind.PUSH, "sent")):
                wanted = Filter(kind=kind, subject_ref=subject_ref, outcome=outcome)
                async for found in stream(connection, wanted):
                    event = found.event
                    known = event.exchange_id in told[event.agency]
                    if correction.field in told_in(event, correction.source) and not known:
                        told[event.agency].append(event.exchange_id)
        return {agency: exchanges for agency, exchanges in told.items() if exchanges}

    async def _select(self, **equal: str) -> list[Recipient]:
        conditions = [correction_recipients.c[name] == value for name, value in equal.items()]
        statement: Any = (
            select(correction_recipients)
            .where(*conditions)
            .order_by(correction_recipients.c.due_on, correction_recipients.c.correction_id)
            .limit(1000)
        )
        return [
            Recipient(
                correction_id=row.correction_id,
                agency=AgencyId(row.agency),
                exchanges=orjson.loads(row.exchanges),
                due_on=date.fromisoformat(row.due_on),
                acknowledged_at=instant(row.acknowledged_at) if row.acknowledged_at is not None else None,
            )
            for row in await self._database.fetch(statement)
        ]
