"""The record's months in PostgreSQL: a partition for each, made before it begins.

A search for a period reads that period's months; one month can be moved to slower disks or be kept
apart without touching the rest. What has no month of its own lies in the default partition, so that
no append ever fails for lack of one. SQLite keeps the record in one table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.store import microseconds
from audit.tables import DEFAULT, partition

AHEAD = 3
"""How many months beyond the running one have a partition: so long may nobody look after them."""

AGAIN = timedelta(hours=1)
"""How often is looked whether a month is wanting."""

_END = text(
    r"""SELECT max(substring(pg_get_expr(relpartbound, oid) FROM 'TO \(''(-?\d+)''\)')::bigint)
        FROM pg_class JOIN pg_inherits ON oid = inhrelid WHERE inhparent = 'audit_entries'::regclass"""
)
_TAKEN = text(f"SELECT exists (SELECT FROM {DEFAULT} WHERE at >= :start AND at < :end)")  # noqa: S608
_LOCK = text("SET LOCAL lock_timeout = '1s'")
"""A reader of the default partition may hold up the new month; nobody may be held up by us for long."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, at: datetime) -> Month:
        """Give the month of an instant."""
        utc = at.astimezone(UTC)
        return cls(utc.year, utc.month)

    @property
    def next(self) -> Month:
        """The month after."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def start(self) -> int:
        """The month's first microsecond."""
        return microseconds(datetime(self.year, self.number, 1, tzinfo=UTC))

    @property
    def table(self) -> str:
        """The partition's name."""
        return f"audit_entries_{self.year:04}_{self.number:02}"

    def statements(self) -> Sequence[str]:
        """Give the statements that make the partition."""
        return partition(self.table, f"FOR VALUES FROM ({self.start}) TO ({self.next.start})")


def months_from(first: Month, count: int) -> Iterator[Month]:
    """Give so many months in a row."""
    for _ in range(count):
        yield first
        first = first.next


@dataclass(slots=True)
class Months:
    """Looks after the months to come, for whoever holds the publisher's office."""

    now: Callable[[], datetime]
    _looked: datetime | None = None

    async def look_after(self, connection: AsyncConnection) -> None:
        """Make the partitions that are wanting, now and then; what fails is tried again after `AGAIN`.

        Nothing depends on it at once: there are `AHEAD` months in store, and then the default partition.
        """
        now = self.now()
        if connection.dialect.name != "postgresql" or (self._looked and now - self._looked < AGAIN):
            return
        self._looked = now
        with suppress(DBAPIError):
            await make_months(connection, now)


async def make_months(connection: AsyncConnection, now: datetime) -> Sequence[str]:
    """Make the partitions from this month on that follow the last one there is, and give their names.

    So a month that was taken away is not made anew in its place. A month of which the default
    partition has entries already stays there: entries are never moved.
    """
    async with connection.begin():
        end = await connection.scalar(_END)
    wanting = [month for month in months_from(Month.of(now), AHEAD + 1) if end is None or month.start >= end]
    return [month.table for month in wanting if await _make(connection, month)]


async def _make(connection: AsyncConnection, month: Month) -> bool:
    async with connection.begin():
        await connection.execute(_LOCK)
        if await connection.scalar(_TAKEN, {"start": month.start, "end": month.next.start}):
            return False
        for statement in month.statements():
            await connection.exec_driver_sql(statement)
    return True
