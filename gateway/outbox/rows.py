"""The outbox's rows: the statements that change them together with an entry of the record.

Everything that moves a lane (the messages of one key to one agency) runs in a transaction of the record,
whose head's lock puts all writers in one order: the head of a lane is `ready`, those behind it wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    String,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy import case as choose
from sqlalchemy.engine import Dialect

from audit.store import Statement
from contracts.vocabulary import (
    AgencyId,
    CaseId,
    ExchangeId,
    Field,
    OfficialId,
    Purpose,
    Source,
    SubjectRef,
)
from gateway.outbox.message import Draft, Message, Priority, State
from gateway.storage.engine import Prepared, instant, micros
from gateway.storage.outbox_tables import outbox


def spelt(state: State) -> ColumnElement[str]:
    """Write a state into a statement's own text: the indexes are over parts of the table by state."""
    return literal_column(f"'{state.value}'", String)


BUNDLED = "bundled"
"""The code of a message that left in a file: nobody knows where it is until it is acknowledged."""
IS_OPEN = outbox.c.state.in_([spelt(State.READY), spelt(State.QUEUED)])
IS_READY = outbox.c.state == spelt(State.READY)


class OutboxRows:
    """Prepares the writes of one database's outbox."""

    def __init__(self, dialect: Dialect) -> None:
        self._insert = Prepared(_insertion(), dialect)
        self._hold = Prepared(_held(), dialect)
        self._settle = Prepared(_settlement(), dialect)
        self._acknowledge = Prepared(_acknowledgement(), dialect)
        self._close = Prepared(_closing(), dialect)
        self._promote = Prepared(_promotion(), dialect)
        self._revive = Prepared(_revival(), dialect)

    def add(self, draft: Draft, content: bytes, contract: str, at: datetime) -> Statement:
        """Write a message, at the end of its lane."""
        return self._insert.bind(
            id=draft.id,
            type=draft.type,
            agency=draft.agency,
            sender=draft.sender,
            official=draft.official,
            key=draft.key,
            subject_ref=draft.subject_ref,
            case_id=draft.case,
            purpose=draft.purpose,
            covers=_dump(draft.covers),
            duty=draft.duty,
            priority=draft.priority,
            exchange_id=draft.exchange_id,
            content=content,
            submitted_at=micros(at),
            expires_at=micros(draft.expires_at),
            due_at=micros(at),
            holder=None,
            attempts=0,
            lost=0,
            doubtful=0,
            code="",
            settled_at=None,
            contract=contract,
            replay_id=None,
            lane_agency=draft.agency,
            lane_key=draft.key,
        )

    def held(self, message: Message, holder: str) -> Statement:
        """Refuse the whole transaction where the lease is another's by now."""
        return self._hold.bind(of=message.seq, mine=holder)

    def settle(
        self, message: Message, holder: str, state: State, code: str, at: datetime, *, keep: bool
    ) -> list[Statement]:
        """End a message whose lease is ours, and let the next of its lane go. `keep`: with its content."""
        ended = self._settle.bind(
            of=message.seq, mine=holder, becomes=state.value, why=code, when=micros(at), keep=int(keep)
        )
        return [ended, self.promote(message, at)]

    def close(self, message: Message, state: State, code: str, at: datetime) -> list[Statement]:
        """End a message that nobody is delivering right now, and let the next of its lane go."""
        ended = self._close.bind(of=message.seq, becomes=state.value, why=code, when=micros(at))
        return [ended, self.promote(message, at)]

    def acknowledge(self, message: Message, at: datetime) -> list[Statement]:
        """End a message that its receiver says it has, whoever holds it."""
        ended = self._acknowledge.bind(of=message.seq, becomes=State.DELIVERED.value, why="", when=micros(at))
        return [ended, self.promote(message, at)]

    def promote(self, message: Message, at: datetime) -> Statement:
        """Make the first open message of a lane its head."""
        return self._promote.bind(lane_agency=message.agency, lane_key=message.key, when=micros(at))

    def revive(self, message: Message, replay: str, until: datetime, at: datetime) -> list[Statement]:
        """Let a dead letter try again, in its old place of the lane; one whose time is over until then."""
        again = self._revive.bind(of=message.seq, again=replay, until=micros(until), when=micros(at))
        return [again, self.promote(message, at)]


def _insertion() -> Any:
    """Write a row, `ready` where no other of its lane is open."""
    waiting = outbox.alias("waiting")
    ahead = exists().where(
        waiting.c.agency == bindparam("lane_agency", type_=String),
        waiting.c.key == bindparam("lane_key", type_=String),
        waiting.c.state.in_([spelt(State.READY), spelt(State.QUEUED)]),
    )
    given = {
        column.name: bindparam(column.name, type_=column.type)
        for column in outbox.c
        if column.name not in {"seq", "state"}
    }
    return insert(outbox).values(
        {**given, "state": choose((ahead, spelt(State.QUEUED)), else_=spelt(State.READY))}
    )


def _held() -> Any:
    """Change nothing; where the lease is no longer ours, write a null that the schema refuses."""
    mine = and_(IS_OPEN, outbox.c.holder == bindparam("mine", type_=String))
    kept = choose((mine, outbox.c.attempts))
    return update(outbox).where(outbox.c.seq == bindparam("of", type_=BigInteger)).values(attempts=kept)


def _settlement() -> Any:
    mine = and_(IS_OPEN, outbox.c.holder == bindparam("mine", type_=String))
    return _ended(mine).values(
        content=choose((bindparam("keep", type_=BigInteger) == 1, outbox.c.content), else_=null())
    )


def _acknowledgement() -> Any:
    handed = and_(
        outbox.c.state == spelt(State.UNKNOWN), outbox.c.code == literal_column(f"'{BUNDLED}'", String)
    )
    return _ended(or_(IS_OPEN, handed)).values(content=null())


def _closing() -> Any:
    when = bindparam("when", type_=BigInteger)
    idle = or_(outbox.c.holder.is_(None), outbox.c.due_at <= when)
    return _ended(or_(outbox.c.state == spelt(State.QUEUED), and_(IS_READY, idle)))


def _ended(free: ColumnElement[bool]) -> Any:
    return (
        update(outbox)
        .where(outbox.c.seq == bindparam("of", type_=BigInteger))
        .values(
            # What another did in between becomes null, which the schema refuses with the whole entry.
            state=choose((free, bindparam("becomes", type_=String))),
            code=bindparam("why", type_=String),
            settled_at=bindparam("when", type_=BigInteger),
            holder=null(),
        )
    )


def _promotion() -> Any:
    lane, head_now = outbox.alias("lane"), outbox.alias("head_now")
    led = exists().where(
        head_now.c.agency == bindparam("lane_agency", type_=String),
        head_now.c.key == bindparam("lane_key", type_=String),
        head_now.c.state == spelt(State.READY),
    )
    head = (
        select(func.min(lane.c.seq))
        .where(
            lane.c.agency == bindparam("lane_agency", type_=String),
            lane.c.key == bindparam("lane_key", type_=String),
            lane.c.state.in_([spelt(State.READY), spelt(State.QUEUED)]),
        )
        .scalar_subquery()
    )
    return (
        update(outbox)
        .where(outbox.c.seq == head, outbox.c.state == spelt(State.QUEUED), ~led)
        .values(state=spelt(State.READY), due_at=bindparam("when", type_=BigInteger))
    )


def _revival() -> Any:
    until = bindparam("until", type_=BigInteger)
    letter = outbox.c.state.in_([spelt(State.DEAD), spelt(State.UNKNOWN)])
    return (
        update(outbox)
        .where(outbox.c.seq == bindparam("of", type_=BigInteger))
        .values(
            state=choose((letter, spelt(State.QUEUED))),
            expires_at=choose(
                (outbox.c.expires_at <= bindparam("when", type_=BigInteger), until), else_=outbox.c.expires_at
            ),
            replay_id=bindparam("again", type_=String),
            code=literal_column("''"),
            due_at=bindparam("when", type_=BigInteger),
            lost=literal_column("0"),
            settled_at=null(),
        )
    )


def message_of(row: Row[Any]) -> Message:
    """Read a message back from its row."""
    return Message(
        seq=row.seq,
        id=row.id,
        type=row.type,
        agency=AgencyId(row.agency),
        sender=AgencyId(row.sender),
        official=OfficialId(row.official),
        key=row.key,
        subject_ref=SubjectRef(row.subject_ref),
        case=CaseId(row.case_id) if row.case_id else None,
        purpose=Purpose(row.purpose),
        covers=_load(row.covers),
        duty=row.duty,
        priority=Priority(row.priority),
        exchange_id=ExchangeId(row.exchange_id),
        submitted_at=instant(row.submitted_at),
        expires_at=instant(row.expires_at),
        state=State(row.state),
        attempts=row.attempts,
        lost=row.lost,
        doubtful=bool(row.doubtful),
        due_at=instant(row.due_at),
        code=row.code,
        settled_at=instant(row.settled_at) if row.settled_at else None,
        contract=row.contract,
    )


def _dump(covers: Mapping[Source, frozenset[Field]]) -> str:
    return orjson.dumps({source: sorted(fields) for source, fields in sorted(covers.items())}).decode()


def _load(text: str) -> Mapping[Source, frozenset[Field]]:
    return {Source(source): frozenset(map(Field, fields)) for source, fields in orjson.loads(text).items()}
