"""What leaves when a referral goes a step on: to the receiver what it may see, to the sender the answer.

All of it goes through `gateway.delivery` and is written in the transaction of the step. Only the first
message must be permitted for the step to be taken; what follows from an answer never stands in its way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import String, bindparam, update

from audit.event import Event, Json, new_id, stamp
from audit.log import Log
from audit.store import Statement
from contracts.vocabulary import AgencyId, ObminError, Purpose
from gateway.delivery import Delivery
from gateway.exchange import code_of
from gateway.outbox.letters import Letters
from gateway.outbox.message import OPEN as UNDER_WAY
from gateway.outbox.message import Draft, Message, Priority, State
from gateway.outbox.settling import Settlement, Settling
from gateway.referrals.clocks import Clocks
from gateway.referrals.referral import Referral, event_of
from gateway.referrals.stages import Stage
from gateway.referrals.telling import OPEN, Covers, Telling, Told
from gateway.storage.engine import Database, Prepared, now
from gateway.storage.referral_tables import referrals

PREFIX: Final = "obmin.referral."
SENT: Final = f"{PREFIX}sent"
DUTY: Final = "referral"
Written: TypeAlias = tuple[Event, list[Statement]]
"""An entry with the intents of messages in it, and their rows."""
ANSWERS: Final = frozenset({Stage.ACCEPTED, Stage.REJECTED, Stage.IN_PROGRESS, Stage.COMPLETED})


class Posting:
    """Writes the messages of referrals, and hears what became of them."""

    def __init__(
        self,
        database: Database,
        log: Log,
        delivery: Delivery,
        letters: Letters,
        settling: Settling,
        telling: Telling,
        clocks: Clocks,
        stir: Callable[[], None],
    ) -> None:
        self._log = log
        self._delivery = delivery
        self._letters = letters
        self._settling = settling
        self._telling = telling
        self._clocks = clocks
        self.stir = stir
        self._arrived = Prepared(_arrival(), database.dialect)
        self._stranded = Prepared(_stranding(), database.dialect)

    async def outgoing(self, referral: Referral, event: Event) -> Written:
        """Give the entry with the message's intent in it, and the message's row.

        Raises what `Delivery.prepare` does; a refusal is on record before it is told.
        """
        try:
            told = await self._telling.require(referral)
        except ObminError as error:
            refused = replace(referral, reason=code_of(error))
            await self._log.note(event_of(refused, "refused", now(), referral.sender, referral.official))
            raise
        draft = self._draft(referral, SENT, _shown(referral, told), told.covers, referral.message_id)
        return await self._prepared(draft, event)

    async def beside(self, was: Referral, new: Referral, event: Event) -> Written:
        """Give the entry of a step with the intents of what others are told of it, and their rows."""
        if was.stage is new.stage:
            return event, []
        if new.stage is Stage.REVOKED:
            return await self.told_of_end(was, new, event)
        drafts: list[Draft] = []
        if new.stage is Stage.ACCEPTED:
            told = await self._telling.told(new, {OPEN})
            if told.covers:
                drafts.append(self._draft(new, f"{PREFIX}opened", _shown(new, told), told.covers))
        if new.stage in ANSWERS:
            drafts.append(self._owed(new, new.sender, new.receiver))
        return await self._all(drafts, event)

    async def told_of_end(self, was: Referral, ended: Referral, event: Event) -> Written:
        """Tell the receiver that a referral is revoked, unless it has never left."""
        message = await self.message_of(was)
        if message is None or (message.state in UNDER_WAY and not message.attempts):
            return event, []
        return await self._all([self._owed(ended, ended.receiver, ended.sender)], event)

    async def reminder(self, _was: Referral, referral: Referral, event: Event) -> Written:
        """Remind whoever owes the next step: the sender of a draft, else the receiver."""
        to, by = (
            (referral.sender, referral.receiver)
            if referral.stage is Stage.DRAFT
            else (referral.receiver, referral.sender)
        )
        return await self._all([self._owed(referral, to, by, "reminder")], event)

    async def escalation(self, _was: Referral, referral: Referral, event: Event) -> Written:
        """Tell the sender's house that a referral is overdue, and the role that it goes to."""
        return await self._all([self._owed(referral, referral.sender, referral.receiver, "overdue")], event)

    async def withdraw(self, referral: Referral) -> None:
        """Take back the message of a referral that was revoked before it left."""
        message = await self.message_of(referral)
        if message is not None and message.state in UNDER_WAY:
            await self._settling.close(
                message, State.CANCELLED, referral.reason or "revoked", referral.sender, referral.official
            )

    async def message_of(self, referral: Referral) -> Message | None:
        """Give the message that a referral left with, None where it has not left."""
        return await self._letters.find(referral.message_id) if referral.message_id else None

    async def settled(self, settlement: Settlement) -> Sequence[Statement]:
        """See `gateway.outbox.settling.Observer`: what arrived is received, what did not is escalated."""
        message = settlement.message
        if message.type != SENT:
            return []
        if settlement.state is State.DELIVERED:
            return [
                self._arrived.bind(message=message.id, sent=Stage.SENT.value, becomes=Stage.RECEIVED.value)
            ]
        if settlement.state is State.CANCELLED:
            return []
        return [self._stranded.bind(message=message.id, sent=Stage.SENT.value, role=self._clocks.role)]

    def _draft(
        self, referral: Referral, kind: str, content: Mapping[str, Any], covers: Covers, message_id: str = ""
    ) -> Draft:
        return Draft(
            type=kind,
            agency=referral.receiver,
            sender=referral.sender,
            key=referral.case,
            subject_ref=referral.subject_ref,
            purpose=referral.purpose,
            content=orjson.dumps(content),
            expires_at=self._clocks.expires(referral.priority, now()),
            exchange_id=referral.exchange_id,
            covers=covers,
            case=referral.case,
            official=referral.official,
            priority=Priority.CRISIS if referral.priority == "crisis" else Priority.USUAL,
            id=message_id or new_id(),
        )

    def _owed(self, referral: Referral, to: AgencyId, by: AgencyId, what: str = "") -> Draft:
        """Write a message that holds nothing of the person: where a referral stands, and why."""
        content: dict[str, Json] = {
            "referral": referral.id,
            "stage": referral.stage.value,
            "reason": referral.reason,
            "due": stamp(referral.due_at) if referral.due_at else "",
        }
        if referral.escalated_to:
            content["escalated_to"] = referral.escalated_to
        return Draft(
            type=f"{PREFIX}{what or referral.stage.value}",
            agency=to,
            sender=by,
            key=referral.case,
            subject_ref=referral.subject_ref,
            purpose=Purpose(referral.purpose),
            content=orjson.dumps(content),
            expires_at=self._clocks.expires(referral.priority, now()),
            exchange_id=referral.exchange_id,
            duty=DUTY,
            priority=Priority.CRISIS if referral.priority == "crisis" else Priority.USUAL,
        )

    async def _all(self, drafts: Sequence[Draft], event: Event) -> Written:
        """Prepare what follows from a step; what may not be sent is on record and left out."""
        rows: list[Statement] = []
        for draft in drafts:
            with suppress(ObminError):
                event, more = await self._prepared(draft, event)
                rows += more
        return event, rows

    async def _prepared(self, draft: Draft, event: Event) -> Written:
        submission = await self._delivery.prepare(draft)
        return submission.beside(event), [*submission.companions]


def _shown(referral: Referral, told: Told) -> Mapping[str, Any]:
    """Write what the receiver gets: what is asked, by when, and what it may know of the person."""
    return {
        "referral": referral.id,
        "asks": referral.kind.value,
        "stage": referral.stage.value,
        "sender": referral.sender,
        "priority": referral.priority,
        "sections": referral.sections,
        "due": stamp(referral.due_at) if referral.due_at else "",
        "fields": told.everything,
        "withheld": told.withheld,
    }


def _arrival() -> Any:
    """Note that a referral has arrived, unless its receiver's answer has shown it by then."""
    mine = (
        referrals.c.message_id == bindparam("message", type_=String),
        referrals.c.stage == bindparam("sent", type_=String),
    )
    values = {"stage": bindparam("becomes", type_=String), "version": referrals.c.version + 1}
    return update(referrals).where(*mine).values(**values)


def _stranding() -> Any:
    """Escalate a referral that could not be delivered."""
    mine = (
        referrals.c.message_id == bindparam("message", type_=String),
        referrals.c.stage == bindparam("sent", type_=String),
    )
    values = {"escalated_to": bindparam("role", type_=String), "version": referrals.c.version + 1}
    return update(referrals).where(*mine).values(**values)
