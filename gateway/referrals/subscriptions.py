"""Subscriptions: an agency asks to be told when a fact changes for a person in one of its open cases.

What it is told is that something changed, never what: it then asks, as it would at any time. Who watches,
that a change was seen and why a subscription ended are entries of the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Integer, Row, bindparam, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind, new_id, stamp
from audit.log import Log
from audit.store import CompanionRefusedError
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
from gateway.delivery import Delivery
from gateway.faults import ConflictError, NotFoundError
from gateway.outbox.message import Draft
from gateway.oversight.sealed import SealedParts
from gateway.sealing.envelope import Context
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.referral_tables import subscriptions

CHANGED: Final = "obmin.subscription.changed"
DUTY: Final = "subscription"
TOLD_FOR: Final = timedelta(days=30)
"""How long a message that something changed tries to arrive."""

Seen = Mapping[Source, str]


class State(StrEnum):
    """Whether somebody still watches."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who watches whom for what. `reference` is the subscriber's own name for it."""

    id: str
    agency: AgencyId
    official: OfficialId
    case: CaseId
    subject_ref: SubjectRef
    purpose: Purpose
    fields: frozenset[Field]
    reference: str
    state: State
    made_at: datetime
    check_at: datetime
    reason: str = ""
    seen: bytes | None = field(default=None, repr=False)
    version: int = 1


class Subscriptions:
    """Keeps subscriptions. What has changed is found by `gateway.referrals.watching`."""

    def __init__(self, database: Database, log: Log, parts: SealedParts, delivery: Delivery) -> None:
        self._database = database
        self._log = log
        self._parts = parts
        self._delivery = delivery
        self._insert = Prepared(insert(subscriptions), database.dialect)
        self._store = Prepared(_store(), database.dialect)

    async def begin(
        self,
        agency: AgencyId,
        official: OfficialId,
        case: CaseId,
        ref: SubjectRef,
        purpose: Purpose,
        fields: frozenset[Field],
        reference: str,
    ) -> Subscription:
        """Put a subscription on file; the first look, by which later ones are compared, follows at once."""
        at = now()
        made = Subscription(
            new_id(), agency, official, case, ref, purpose, fields, reference, State.ACTIVE, at, at
        )
        await self._log.note(_event(made, "begun"), [self._insert.bind(**_columns(made))])
        return made

    async def end(self, subscription: Subscription, reason: str, official: str = "") -> Subscription:
        """End it. Raises `ConflictError` where it has ended."""
        if subscription.state is State.ENDED:
            raise ConflictError("subscription-ended")
        ended = replace(
            subscription, state=State.ENDED, reason=reason, seen=None, version=subscription.version + 1
        )
        await self._commit(_event(ended, "ended", official=official), subscription, ended)
        return ended

    async def get(self, subscription_id: str, agency: AgencyId) -> Subscription:
        """Read one of this agency. Raises `NotFoundError`."""
        mine = (subscriptions.c.id == subscription_id, subscriptions.c.agency == agency)
        found = await self._where(*mine, limit=1)
        if not found:
            raise NotFoundError
        return found[0]

    async def of(self, agency: AgencyId, after: str = "", limit: int = 50) -> Sequence[Subscription]:
        """List an agency's, in the order in which they were made."""
        return await self._where(subscriptions.c.agency == agency, subscriptions.c.id > after, limit=limit)

    async def due(self, limit: int) -> Sequence[Subscription]:
        """List those that are to be looked at now."""
        active = subscriptions.c.state == State.ACTIVE.value
        return await self._where(active, subscriptions.c.check_at <= micros(now()), limit=limit)

    async def claim(self, subscription: Subscription, until: datetime) -> Subscription | None:
        """Take it for a look, so that no other process does; None where another has."""
        statement = (
            update(subscriptions)
            .where(subscriptions.c.id == subscription.id, subscriptions.c.version == subscription.version)
            .values(check_at=micros(until), version=subscription.version + 1)
        )
        if not await self._database.write(statement):
            return None
        return replace(subscription, check_at=until, version=subscription.version + 1)

    async def saw(self, subscription: Subscription, found: Seen) -> frozenset[Source]:
        """Compare what was found with what was found before; tell of a change, and remember it.

        A source that says nothing now has changed nothing. Gives the sources that changed.
        """
        before = await self._seen(subscription)
        changed = frozenset(
            source for source, digest in found.items() if before.get(source, digest) != digest
        )
        after = {**before, **found}
        if after == before:
            return frozenset()
        key = await self._parts.key_of(subscription.subject_ref)
        seen = key.seal(orjson.dumps(after, option=orjson.OPT_SORT_KEYS), self._place(subscription))
        new = replace(subscription, seen=seen, version=subscription.version + 1)
        event = _event(new, "changed" if changed else "seen", sorted(changed))
        if not changed:
            await self._commit(event, subscription, new)
            return changed
        submission = await self._delivery.prepare(_draft(new))
        await self._commit(submission.beside(event), subscription, new, submission.companions)
        return changed

    async def _seen(self, subscription: Subscription) -> dict[Source, str]:
        if subscription.seen is None:
            return {}
        key = await self._parts.key_of(subscription.subject_ref)
        seen: dict[Source, str] = orjson.loads(key.open(subscription.seen, self._place(subscription)))
        return seen

    async def _commit(
        self, event: Event, was: Subscription, new: Subscription, rows: Sequence[Any] = ()
    ) -> None:
        stored = self._store.bind(
            of=was.id,
            was=was.version,
            becomes=new.version,
            new_state=new.state.value,
            new_reason=new.reason,
            new_seen=new.seen,
        )
        try:
            await self._log.note(event, [stored, *rows])
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None

    async def _where(self, *conditions: ColumnElement[bool], limit: int) -> list[Subscription]:
        statement = select(subscriptions).where(*conditions).order_by(subscriptions.c.id).limit(limit)
        return [_subscription(row) for row in await self._database.fetch(statement)]

    def _place(self, subscription: Subscription) -> Context:
        return Context(self._parts.tenant, "subscriptions", subscription.id, "seen")


def _store() -> Any:
    """Write what has changed; over another's change a null, which the schema refuses with the entry."""
    table = subscriptions.c
    unchanged = table.version == bindparam("was", type_=Integer)
    values: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=table[name].type) for name in ("state", "reason", "seen")
    }
    version = choose((unchanged, bindparam("becomes", type_=Integer)))
    return update(subscriptions).where(table.id == bindparam("of")).values(**values, version=version)


def _draft(subscription: Subscription) -> Draft:
    """Write the message: that something changed, and nothing of what or whose."""
    content = {
        "subscription": subscription.id,
        "reference": subscription.reference,
        "at": stamp(now()),
    }
    return Draft(
        type=CHANGED,
        agency=subscription.agency,
        sender=subscription.agency,
        key=subscription.id,
        subject_ref=subscription.subject_ref,
        purpose=subscription.purpose,
        content=orjson.dumps(content),
        expires_at=now() + TOLD_FOR,
        exchange_id=ExchangeId(subscription.id),
        duty=DUTY,
    )


def _event(subscription: Subscription, result: str, sources: Sequence[str] = (), official: str = "") -> Event:
    details: dict[str, Json] = {"subscription": subscription.id}
    if sources:
        details["sources"] = list(sources)
    return Event(
        kind=Kind.SUBSCRIPTION,
        at=now(),
        exchange_id=subscription.id,
        agency=subscription.agency,
        official=official or subscription.official,
        case=subscription.case,
        purpose=subscription.purpose,
        subject_ref=subscription.subject_ref,
        result=result,
        reason=subscription.reason,
        details=details,
    )


def _columns(subscription: Subscription) -> Mapping[str, object]:
    return {
        "id": subscription.id,
        "agency": subscription.agency,
        "official": subscription.official,
        "case_id": subscription.case,
        "subject_ref": subscription.subject_ref,
        "purpose": subscription.purpose,
        "fields": orjson.dumps(sorted(subscription.fields)).decode(),
        "reference": subscription.reference,
        "state": subscription.state.value,
        "reason": subscription.reason,
        "seen": subscription.seen,
        "made_at": micros(subscription.made_at),
        "check_at": micros(subscription.check_at),
        "version": subscription.version,
    }


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        agency=AgencyId(row.agency),
        official=OfficialId(row.official),
        case=CaseId(row.case_id),
        subject_ref=SubjectRef(row.subject_ref),
        purpose=Purpose(row.purpose),
        fields=frozenset(map(Field, orjson.loads(row.fields))),
        reference=row.reference,
        state=State(row.state),
        reason=row.reason,
        seen=row.seen,
        made_at=instant(row.made_at),
        check_at=instant(row.check_at),
        version=row.version,
    )
