"""The rows of referrals: what writes them together with an entry of the record, and what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, bindparam, insert, select, update
from sqlalchemy import case as choose
from sqlalchemy.engine import Dialect

from audit.store import Statement
from contracts.vocabulary import AgencyId
from gateway.referrals.referral import Asks, Referral, changing, columns_of, referral_of
from gateway.referrals.stages import Stage
from gateway.storage.engine import Database, Prepared, micros
from gateway.storage.referral_tables import referrals

CHANGING: Final = (
    "official",
    "receiver_official",
    "stage",
    "reason",
    "content",
    "outcome",
    "message_id",
    "sent_at",
    "due_at",
    "remind_at",
    "escalated_to",
)


class ReferralRows:
    """Reads and prepares the rows of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = Prepared(insert(referrals), database.dialect)
        self._store = _stored(database.dialect)

    def add(self, referral: Referral) -> Statement:
        """Write a new one."""
        return self._insert.bind(**columns_of(referral))

    def store(self, was: Referral, new: Referral) -> Statement:
        """Write what a step has changed; whoever was faster takes the whole entry down."""
        values = {f"new_{name}": value for name, value in changing(new).items()}
        return self._store.bind(of=was.id, was=was.version, becomes=new.version, **values)

    async def find(self, referral_id: str) -> Referral | None:
        """Give one by its id."""
        found = await self.where(referrals.c.id == referral_id, limit=1)
        return found[0] if found else None

    async def of(
        self,
        agency: AgencyId,
        stages: Sequence[Stage],
        case: str | None,
        kind: Asks | None,
        after: str,
        limit: int,
        *,
        overdue: bool,
    ) -> list[Referral]:
        """List an agency's, sent and got, in the order of their ids; drafts are the sender's alone."""
        sent, got = referrals.c.sender == agency, referrals.c.receiver == agency
        conditions = [sent | (got & (referrals.c.stage != Stage.DRAFT.value)), referrals.c.id > after]
        if stages:
            conditions.append(referrals.c.stage.in_([stage.value for stage in stages]))
        if case is not None:
            conditions += [sent, referrals.c.case_id == case]
        if kind is not None:
            conditions.append(referrals.c.kind == kind.value)
        if overdue:
            conditions.append(referrals.c.escalated_to != "")
        return await self.where(*conditions, limit=limit)

    async def overdue(self, at: datetime, limit: int) -> list[Referral]:
        """List those whose next step is overdue and that nobody was told of."""
        return await self.where(referrals.c.due_at <= micros(at), referrals.c.escalated_to == "", limit=limit)

    async def nearly_due(self, at: datetime, limit: int) -> list[Referral]:
        """List those of whose next step somebody is to be reminded."""
        return await self.where(
            referrals.c.remind_at <= micros(at), referrals.c.due_at > micros(at), limit=limit
        )

    async def where(self, *conditions: ColumnElement[bool], limit: int) -> list[Referral]:
        """List those that fit."""
        statement = select(referrals).where(*conditions).order_by(referrals.c.id).limit(limit)
        return [referral_of(row) for row in await self._database.fetch(statement)]


def _stored(dialect: Dialect) -> Prepared:
    """Write a step; where another was written in between, a null that the schema refuses with the entry."""
    values: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=referrals.c[name].type) for name in CHANGING
    }
    unchanged = referrals.c.version == bindparam("was", type_=Integer)
    version = choose((unchanged, bindparam("becomes", type_=Integer)))
    statement = update(referrals).where(referrals.c.id == bindparam("of"))
    return Prepared(statement.values(**values, version=version), dialect)
