"""Referrals from a first draft to their end: each step is one entry of the record, committed with its rows.

What leaves for the other agency goes through `gateway.delivery`: its message is written in the same
transaction. That it has arrived is learned from the message's own end, or from the receiver's answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import orjson

from audit.event import Event, Json, new_id
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.vocabulary import AgencyId, Field, OfficialId, SubjectRef
from gateway.faults import ConflictError, NotFoundError
from gateway.oversight.sealed import SealedParts
from gateway.referrals.clocks import Clocks
from gateway.referrals.posting import Posting
from gateway.referrals.referral import NOTHING, Asks, Referral, event_of
from gateway.referrals.rows import ReferralRows
from gateway.referrals.stages import ENDED, WAYS, Side, Stage, Step, follows
from gateway.referrals.telling import Telling
from gateway.referrals.wishes import Move, Wish, require_step, require_version
from gateway.storage.engine import now

TRANSFERRED = "transferred"

Told: TypeAlias = tuple[Event, list[Statement]]
Tell: TypeAlias = Callable[[Referral, Referral, Event], Awaitable[Told]]
"""What others are told of a step: it adds intents to the entry, and gives the rows of the messages."""


class Referrals:
    """Keeps referrals. Which role may do what is the edge's rule; whose a referral is, is known here."""

    def __init__(
        self,
        rows: ReferralRows,
        log: Log,
        parts: SealedParts,
        telling: Telling,
        posting: Posting,
        clocks: Clocks,
    ) -> None:
        self._rows = rows
        self._log = log
        self._parts = parts
        self._telling = telling
        self._posting = posting
        self.clocks = clocks

    async def draft(self, wish: Wish) -> Referral:
        """Put a referral on file without sending it. Raises as `Telling.check` does."""
        made = await self._made(wish)
        event = event_of(made, "drafted", made.made_at, made.sender, made.official)
        await self._commit(event, [self._rows.add(made)])
        return made

    async def refer(self, wish: Wish) -> Referral:
        """Put a referral on file and send it, at once.

        Raises:
            NotPermittedError, ConsentMissingError, RecipientKeyError: it may not be told; on record.
        """
        return (await self.refer_all([wish]))[0]

    async def refer_all(self, wishes: Sequence[Wish]) -> list[Referral]:
        """Send several; where one may not be sent, none is. Raises as `refer` does."""
        made = [self._sent(await self._made(wish)) for wish in wishes]
        ready = [await self._ready(each, [self._rows.add(each)]) for each in made]
        for event, rows in ready:
            await self._commit(event, rows)
        self._posting.stir()
        return made

    async def send(
        self, referral: Referral, official: OfficialId, if_match: int | str | None = None
    ) -> Referral:
        """Send a draft. Raises `ConflictError` where it is none any more, and as `refer` does."""
        require_version(referral, if_match)
        require_step(referral, Step.SENDING, Side.SENDER)
        gone = replace(self._sent(referral), official=official, version=referral.version + 1)
        await self._commit(*await self._ready(gone, [self._rows.store(referral, gone)]))
        self._posting.stir()
        return gone

    async def change(
        self, referral: Referral, content: Mapping[Field, Any], if_match: int | str | None
    ) -> Referral:
        """Replace what a draft says.

        Raises:
            PreconditionError: it is of another version by now.
            ConflictError: it was sent.
        """
        require_version(referral, if_match)
        require_step(referral, Step.SENDING, Side.SENDER)
        self._telling.check(referral.receiver, referral.purpose, content)
        new = replace(referral, content=await self._sealed(referral.id, referral.subject_ref, content))
        return await self.note(referral, new, "changed", referral.sender, referral.official)

    async def step(self, referral: Referral, move: Move, rows: Sequence[Statement] = ()) -> Referral:
        """Take a referral one step on, with rows of others.

        A receiver who answers what we have not heard has arrived shows that it has.

        Raises:
            NotFoundError: neither side of it.
            PreconditionError: it is of another version by now.
            ConflictError: that step may not follow, or somebody was faster.
        """
        side = referral.side_of(move.by)
        if side is None:
            raise NotFoundError
        require_version(referral, move.if_match)
        if side is Side.RECEIVER and follows(referral.stage, Step.RECEIPT, Side.GATEWAY):
            referral = await self.receive(referral, move.by)
        require_step(referral, move.step, side)
        if referral.kind is Asks.CONTRIBUTION and move.step in {Step.COMMENCEMENT, Step.COMPLETION}:
            raise ConflictError("contribution-wanted")
        new = replace(self._moved(referral, move.step), reason=move.reason)
        if move.words:
            key = await self._parts.key_of(referral.subject_ref)
            place = self._telling.place_of(referral.id, "outcome")
            new = replace(new, outcome=key.seal(move.words.encode(), place))
        if side is Side.RECEIVER:
            new = replace(new, receiver_official=move.official)
        taken = await self.note(
            referral, new, new.stage.value, move.by, move.official, rows=rows, more=move.details
        )
        if move.step is Step.REVOCATION:
            await self._posting.withdraw(taken)
        return taken

    async def receive(self, referral: Referral, by: AgencyId, if_match: int | str | None = None) -> Referral:
        """Note that a referral has arrived, as its receiver says. Raises as `step` does."""
        if referral.side_of(by) is not Side.RECEIVER:
            raise NotFoundError
        require_version(referral, if_match)
        require_step(referral, Step.RECEIPT, Side.GATEWAY)
        return await self.note(referral, self._moved(referral, Step.RECEIPT), "received", by)

    async def reassign(self, referral: Referral, to: OfficialId, by: OfficialId) -> Referral:
        """Let another official of the sender answer for it. Raises `ConflictError` at its end."""
        if referral.stage in ENDED:
            raise ConflictError(f"referral-is-{referral.stage}")
        return await self.note(referral, replace(referral, official=to), "reassigned", referral.sender, by)

    async def transfer(self, referral: Referral, receiver: AgencyId, official: OfficialId) -> Referral:
        """Refer her to another agency in place of this one, in one step: she has moved, or it cannot help.

        The first receiver is told that it is revoked. Raises as `refer` does.
        """
        require_step(referral, Step.REVOCATION, Side.SENDER)
        ended = replace(
            self._moved(referral, Step.REVOCATION), reason=TRANSFERRED, version=referral.version + 1
        )
        wish = Wish(
            sender=referral.sender,
            official=official,
            case=referral.case,
            subject_ref=referral.subject_ref,
            receiver=receiver,
            purpose=referral.purpose,
            priority=referral.priority,
            exchange_id=referral.exchange_id,
            kind=referral.kind,
            sections=referral.sections,
            content=await self.content_of(referral),
        )
        made = replace(self._sent(await self._made(wish)), predecessor=referral.id)
        event = event_of(made, TRANSFERRED, now(), made.sender, official)
        event, out = await self._posting.outgoing(made, event)
        event, told = await self._posting.told_of_end(referral, ended, event)
        await self._commit(event, [self._rows.add(made), self._rows.store(referral, ended), *out, *told])
        await self._posting.withdraw(ended)
        self._posting.stir()
        return made

    async def get(self, referral_id: str, agency: AgencyId) -> Referral:
        """Read one referral of this agency, on either side. Raises `NotFoundError`."""
        found = await self._rows.find(referral_id)
        if found is None or found.side_of(agency) is None:
            raise NotFoundError
        return found

    async def of(
        self,
        agency: AgencyId,
        stages: Sequence[Stage] = (),
        case: str | None = None,
        after: str = "",
        limit: int = 50,
        *,
        kind: Asks | None = None,
        overdue: bool = False,
    ) -> Sequence[Referral]:
        """List an agency's referrals, those that it sent and those that it got, in the order of their ids."""
        return await self._rows.of(agency, stages, case, kind, after, limit, overdue=overdue)

    async def content_of(self, referral: Referral) -> Mapping[Field, Any]:
        """Give what the sender wrote, to the sender."""
        key = await self._parts.key_of(referral.subject_ref)
        place = self._telling.place_of(referral.id)
        content: Mapping[Field, Any] = orjson.loads(key.open(referral.content, place))
        return content

    async def outcome_of(self, referral: Referral) -> str:
        """Give what the receiver said at its end, in its words; empty where it said nothing."""
        if referral.outcome is None:
            return ""
        key = await self._parts.key_of(referral.subject_ref)
        return key.open(referral.outcome, self._telling.place_of(referral.id, "outcome")).decode()

    async def note(
        self,
        was: Referral,
        new: Referral,
        result: str,
        by: AgencyId,
        official: str = "",
        tell: Tell | None = None,
        rows: Sequence[Statement] = (),
        more: Mapping[str, Json] = NOTHING,
    ) -> Referral:
        """Commit what has changed of a referral, with what others are told of it; `beside` where not said.

        Raises `ConflictError` where somebody was faster.
        """
        new = replace(new, version=was.version + 1)
        event = event_of(new, result, now(), by, official, more)
        event, told = await (tell or self._posting.beside)(was, new, event)
        await self._commit(event, [self._rows.store(was, new), *rows, *told])
        self._posting.stir()
        return new

    async def _made(self, wish: Wish) -> Referral:
        self._telling.check(wish.receiver, wish.purpose, wish.content)
        at, referral_id = now(), new_id()
        due = self.clocks.due(wish.priority, Stage.DRAFT, at)
        return Referral(
            id=referral_id,
            kind=wish.kind,
            sender=wish.sender,
            official=wish.official,
            case=wish.case,
            subject_ref=wish.subject_ref,
            receiver=wish.receiver,
            purpose=wish.purpose,
            priority=wish.priority,
            sections=wish.sections,
            stage=Stage.DRAFT,
            content=await self._sealed(referral_id, wish.subject_ref, wish.content),
            exchange_id=wish.exchange_id,
            made_at=at,
            due_at=due.at if due else None,
            remind_at=due.remind_at if due else None,
        )

    async def _sealed(self, referral_id: str, ref: SubjectRef, content: Mapping[Field, Any]) -> bytes:
        key = await self._parts.key_of(ref)
        return key.seal(orjson.dumps(dict(content)), self._telling.place_of(referral_id))

    def _sent(self, referral: Referral) -> Referral:
        return replace(self._moved(referral, Step.SENDING), sent_at=now(), message_id=new_id())

    def _moved(self, referral: Referral, step: Step) -> Referral:
        """Give the referral after a step. A stage that has no deadline of its own keeps the one before."""
        new = replace(referral, stage=WAYS[step].ends)
        if new.stage in ENDED:
            return replace(new, due_at=None, remind_at=None)
        due = self.clocks.due(referral.priority, new.stage, now())
        if due is None:
            return new
        return replace(new, due_at=due.at, remind_at=due.remind_at, escalated_to="")

    async def _ready(self, referral: Referral, rows: Sequence[Statement]) -> Told:
        """Give what commits a referral that leaves: its entry, its row and its message are one."""
        event = event_of(referral, "sent", now(), referral.sender, referral.official)
        event, out = await self._posting.outgoing(referral, event)
        return event, [*rows, *out]

    async def _commit(self, event: Event, rows: Sequence[Statement]) -> None:
        try:
            await self._log.note(event, rows)
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
