"""Reading the record: by filter, by id, and what is still open.

Reading it is itself an event, which whoever lets somebody read appends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Select, Text, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.event import ENDS, Event, EventError, Kind
from audit.store import LogDamagedError, microseconds
from audit.tables import entries, sources

MOST = 1000
"""The largest page."""

_BOUNDING = ("start", "kind", "agency", "official", "case", "subject_ref", "exchange_id")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the log."""

    index: int
    event: Event
    content: bytes
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; members that are None let everything through.

    `start` is included, `end` is not; `source` finds events that tell of it; `outcome` is an
    event's `result`; `after` is the index of the last event seen, None from the beginning.
    `text` finds events that hold each of its words anywhere: codes, names of fields, citations, bus
    references. It has no index of its own, so it narrows what another filter has found.
    """

    start: datetime | None = None
    end: datetime | None = None
    kind: Kind | None = None
    agency: str | None = None
    official: str | None = None
    purpose: str | None = None
    source: str | None = None
    outcome: str | None = None
    case: str | None = None
    subject_ref: str | None = None
    exchange_id: str | None = None
    text: str | None = None
    after: int | None = None

    @property
    def narrow(self) -> bool:
        """Whether something but `text` and `after` bounds what has to be looked at."""
        return any(getattr(self, name) is not None for name in _BOUNDING)

    @property
    def order(self) -> Column[int]:
        """The column in whose order events are given, the one whose index leads to them."""
        return entries.c.idx if self.source is None else sources.c.idx

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        """Give the conditions as SQL."""
        columns = entries.c
        equal = {
            columns.kind: self.kind.value if self.kind else None,
            columns.agency: self.agency,
            columns.official: self.official,
            columns.purpose: self.purpose,
            columns.result: self.outcome,
            columns.case_id: self.case,
            columns.subject_ref: self.subject_ref,
            columns.exchange_id: self.exchange_id,
        }
        conditions = [column == value for column, value in equal.items() if value is not None]
        if self.start is not None:
            conditions.append(columns.at >= microseconds(self.start))
        if self.end is not None:
            conditions.append(columns.at < microseconds(self.end))
        if self.source is not None:
            conditions += [sources.c.source == self.source, sources.c.idx == columns.idx]
        if self.after is not None:
            conditions.append(self.order > self.after)
        return conditions


async def search(connection: AsyncConnection, wanted: Filter, limit: int = 100) -> list[Recorded]:
    """Give at most `limit` (≤ `MOST`) events in the log's order."""
    return await _read(connection, page_of(wanted, connection.dialect.name, limit))


def page_of(wanted: Filter, dialect: str, limit: int = 100) -> Select[int, bytes, bytes]:
    """Give the statement behind `search`: each filter leads through an index, which its plan shows."""
    conditions = [*wanted.conditions(), *_words(wanted.text, dialect)]
    return _recorded().where(*conditions).order_by(wanted.order).limit(min(limit, MOST))


async def stream(connection: AsyncConnection, wanted: Filter) -> AsyncIterator[Recorded]:
    """Give all events that fit, in the log's order, in memory for one page."""
    while True:
        page = await search(connection, wanted, MOST)
        for recorded in page:
            yield recorded
        if len(page) < MOST:
            return
        wanted = replace(wanted, after=page[-1].index)


async def latest(
    connection: AsyncConnection,
    wanted: Filter,
    limit: int = 100,
    before: int | None = None,
    kinds: Collection[Kind] = (),
) -> list[Recorded]:
    """Give the newest events that fit, the newest first; `before` is the index of the last one seen.

    A page costs what it holds, wherever in the log it is: a cursor stays where it was while the log grows.
    """
    return await _read(connection, latest_of(wanted, connection.dialect.name, limit, before, kinds))


def latest_of(
    wanted: Filter, dialect: str, limit: int, before: int | None = None, kinds: Collection[Kind] = ()
) -> Select[int, bytes, bytes]:
    """Give the statement behind `latest`."""
    conditions = [*wanted.conditions(), *_words(wanted.text, dialect)]
    if before is not None:
        conditions.append(wanted.order < before)
    if kinds:
        conditions.append(entries.c.kind.in_([kind.value for kind in kinds]))
    return _recorded().where(*conditions).order_by(wanted.order.desc()).limit(min(limit, MOST))


async def follow_ups(
    connection: AsyncConnection, exchanges: Collection[str], kind: Kind, outcome: str
) -> list[Recorded]:
    """Give what happened of one kind and result in some exchanges, in the log's order."""
    query = _recorded().where(
        entries.c.exchange_id.in_(exchanges), entries.c.kind == kind.value, entries.c.result == outcome
    )
    return await _read(connection, query.order_by(entries.c.idx).limit(MOST))


async def by_id(connection: AsyncConnection, event_id: str) -> Recorded | None:
    """Give one event, None where there is none of that id."""
    found = await _read(connection, _recorded().where(entries.c.id == event_id))
    return found[0] if found else None


async def release_of(connection: AsyncConnection, exchange_id: str) -> Recorded | None:
    """Give an exchange's release, from which `Log.reissue` makes its receipt again."""
    query = _recorded().where(entries.c.exchange_id == exchange_id, entries.c.kind == Kind.RELEASE.value)
    found = await _read(connection, query.order_by(entries.c.idx).limit(1))
    return found[0] if found else None


async def open_intents(
    connection: AsyncConnection,
    older_than: datetime,
    since: datetime | None = None,
    limit: int = MOST,
) -> list[Recorded]:
    """Give intents from before `older_than` that nothing has ended, so that they can be abandoned.

    `since` spares looking at older intents again that were already found to be ended.
    """
    end = entries.alias("later")
    ended = exists().where(
        end.c.exchange_id == entries.c.exchange_id,
        end.c.kind.in_([kind.value for kind in ENDS]),
        end.c.idx > entries.c.idx,
    )
    query = _recorded().where(entries.c.kind == Kind.INTENT.value, entries.c.at < microseconds(older_than))
    if since is not None:
        query = query.where(entries.c.at >= microseconds(since))
    return await _read(connection, query.where(~ended).order_by(entries.c.idx).limit(limit))


def _words(wanted: str | None, dialect: str) -> list[ColumnElement[bool]]:
    text: ColumnElement[str] = (
        cast(entries.c.entry, Text) if dialect == "sqlite" else func.convert_from(entries.c.entry, "UTF8")
    )
    return [text.icontains(word, autoescape=True) for word in (wanted or "").split()]


def _recorded() -> Select[int, bytes, bytes]:
    return select(entries.c.idx, entries.c.entry, entries.c.leaf_hash)


async def _read(connection: AsyncConnection, query: Select[int, bytes, bytes]) -> list[Recorded]:
    rows = (await connection.execute(query)).all()
    try:
        return [Recorded(index, Event.parse(content), content, leaf) for index, content, leaf in rows]
    except EventError:
        raise LogDamagedError("entry-unreadable") from None
