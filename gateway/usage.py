"""How often has been asked under a contract: counted from the record, so that every process counts alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select

from audit.event import Kind
from audit.tables import entries
from contracts.clauses import UNLIMITED
from contracts.contract import Contract, Operation
from contracts.facts import NO_USAGE, UsageFact
from gateway.storage.engine import Database, micros

MINUTE = timedelta(minutes=1)
_BEGUN: Mapping[Operation, Sequence[ColumnElement[bool]]] = {
    Operation.PULL: (entries.c.kind == Kind.INTENT.value,),
    Operation.PUSH: (entries.c.kind == Kind.PUSH.value, entries.c.result == "intended"),
}


class Usage:
    """Counts intents. Two that come at the same instant may both be the last one that a limit allows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, contract: Contract, at: datetime, operation: Operation = Operation.PULL) -> UsageFact:
        """Count what was asked, or pushed, in the minute before `at`, and since the country's midnight.

        A contract without limits is not counted, and costs no question to the database.
        """
        if contract.limits == UNLIMITED:
            return NO_USAGE
        there = at.astimezone(ZoneInfo(contract.time_zone))
        midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
        recent = func.coalesce(func.sum(case((entries.c.at > micros(at - MINUTE), 1), else_=0)), 0)
        statement = select(recent.label("recent"), func.count().label("today")).where(
            *_BEGUN[operation],
            entries.c.agency == contract.consumer,
            entries.c.purpose == contract.purpose,
            entries.c.at >= min(micros(midnight), micros(at - MINUTE)),
        )
        (row,) = await self._database.fetch(statement)
        return UsageFact(int(row.recent), int(row.today))
