"""The push pipeline: one message in, one durable delivery out, or an end that somebody sees. Read this first.

The mirror of `gateway.exchange`:

1. *Weigh*: may this agency be told this of this person, now? Contract and ground → `Authority`
2. *Submit*: intent, message and the business change that it tells of are one transaction → `Submission`
3. *Claim*: any number of workers take leases on what is due, in the order of its lane → `Leased`
4. *Weigh again*, on what is on file by now: a consent withdrawn since ends the message
5. *Seal* to the recipient's key
6. *Dispatch*: the attempt is on record before a byte leaves; grounds and lease are looked at again in
   that transaction → `Receipt`
7. *Send* over the receiver's channel → `Outcome`
8. *Settle*: delivered; or later, by the fault table; or a dead letter with its reason. On record, with what
   those who watch this type of message (`Observer`) write beside it.

A message arrives at least once, under one id by which the receiver knows a repetition. Messages of one
key to one agency (a lane) arrive in the order of their entries in the record; other lanes never wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import orjson
import structlog

from audit.event import Event, Json, stamp
from audit.log import Log
from audit.store import (
    AuditUnavailableError,
    CompanionRefusedError,
    GroundEndedError,
    Statement,
    UnwitnessedError,
)
from contracts.reasons import Reason
from contracts.vocabulary import AgencyId, ObminError
from gateway.clock import Clock
from gateway.consent.standing import Standing
from gateway.exchange import code_of
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError, StorageUnavailableError
from gateway.outbox.backoff import pause
from gateway.outbox.channel import (
    Accepted,
    Channel,
    Endpoint,
    GiveUp,
    Outcome,
    Parcel,
    RetryLater,
    Unknown,
    WaitLong,
)
from gateway.outbox.claims import Claims, Failure, Leased
from gateway.outbox.dispatching import Dispatching
from gateway.outbox.entries import entry
from gateway.outbox.letters import Letters
from gateway.outbox.message import LARGEST, Draft, Message, MessageTooLargeError, State, place_of
from gateway.outbox.rows import OutboxRows
from gateway.outbox.settling import Settling
from gateway.outbox.weighing import Weighing

log = structlog.get_logger()

ATTEMPT = timedelta(seconds=20)
"""How long a channel may take; well within the lease."""
BROKEN = "channel-failed"
MOST_BREAKDOWNS = 5
"""Attempts that broke down on our own side, after which a message is taken for poison."""
WAITING = frozenset({Reason.OUTSIDE_HOURS, Reason.UNDECIDABLE, Reason.NOT_YET_VALID})
"""What a contract may say today and not tomorrow: the message waits."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A message that may be sent: `companions` are to be written with `event`, or with one of `beside`."""

    draft: Draft
    event: Event
    companions: Sequence[Statement]

    def beside(self, event: Event) -> Event:
        """Give the entry of a business change that carries this intent: one entry, one transaction.

        An entry may carry several. Its kind's row in `audit.carried` names `push` among its details.
        """
        carried = event.details.get("push")
        mine = {**self.event.details, "agency": self.draft.agency, "digest": self.event.contract}
        push = [*(carried if isinstance(carried, list) else []), mine]
        return replace(event, details={**event.details, "push": push})


class Delivery:
    """Takes messages and makes attempts. `gateway.outbox.worker` calls `attempt`, again and again."""

    def __init__(
        self,
        record: Log,
        weighing: Weighing,
        rows: OutboxRows,
        claims: Claims,
        letters: Letters,
        settling: Settling,
        dispatching: Dispatching,
        channels: Mapping[str, Channel],
        tenant: str,
        clock: Clock,
    ) -> None:
        self._log = record
        self._weighing = weighing
        self._rows = rows
        self._claims = claims
        self._letters = letters
        self._settling = settling
        self._dispatching = dispatching
        self._channels = channels
        self._tenant = tenant
        self._clock = clock

    async def submit(self, draft: Draft, companions: Sequence[Statement] = ()) -> Message:
        """Take a message, with the business change it tells of, in one transaction; give it as it is on file.

        A draft whose id is known was submitted before and is not taken again: whoever does not know how a
        submission ended may repeat it. Raises as `prepare` does, and `AuditUnavailableError`.
        """
        submission = await self.prepare(draft)
        try:
            await self._log.note(submission.event, [*submission.companions, *companions])
        except CompanionRefusedError:
            known = await self._letters.find(draft.id)
            if known is None:
                raise
            return known
        return await self.on_file(draft.id)

    async def prepare(self, draft: Draft) -> Submission:
        """Take steps 1 and 2 but for the commit; a refusal is on record before it is told.

        Raises:
            NotPermittedError, ConsentMissingError, CaseNotOpenError, SubjectUnfiledError: it may not be told.
            RecipientKeyError: the recipient has no key that it could be sealed to, or is unknown.
            MessageTooLargeError, BodyInvalidError: the content is too much, or not JSON.
        """
        _check(draft)
        at = self._clock.latest()
        try:
            self._dispatching.key_of(draft.agency)
            authority = await self._weighing.submission(draft)
        except ObminError as error:
            await self._log.note(entry(draft, "refused", at, code_of(error)))
            raise
        content = authority.key.seal(draft.content, place_of(self._tenant, draft.id))
        told: dict[str, Json] = {**authority.told, "expires": stamp(draft.expires_at)}
        event = entry(draft, "intended", at, "", told, authority.contract)
        return Submission(draft, event, [self._rows.add(draft, content, authority.contract, at)])

    async def on_file(self, message_id: str) -> Message:
        """Give a message by its id. Raises `NotFoundError`."""
        message = await self._letters.find(message_id)
        if message is None:
            raise NotFoundError
        return message

    async def cancel(self, message: Message, by: AgencyId, official: str) -> None:
        """End a message that has not left, or may leave again; what is under way right now cannot be.

        Raises:
            ConflictError: it has ended already, or an attempt is under way.
        """
        if not await self._settling.close(message, State.CANCELLED, "", by, official):
            raise ConflictError("message-under-way-or-ended")

    async def attempt(
        self, leased: Leased, standing: Standing | None, endpoint: Endpoint | None
    ) -> Outcome | None:
        """Take steps 4 to 8 of a message that is ours; give how it went, None where nothing was sent.

        Raises `AuditUnavailableError` or `StorageUnavailableError` where the record or the database is
        away: the lease runs out, and the message falls due again.
        """
        parcel = await self.leave(leased, standing)
        if parcel is None:
            return None
        outcome = await self._send(endpoint, parcel)
        await self._settle(leased, outcome)
        return outcome

    async def leave(self, leased: Leased, standing: Standing | None) -> Parcel | None:
        """Take steps 4 to 6; None where the message has ended instead, waits, or is another's by now.

        Raises as `attempt` does.
        """
        message = leased.message
        if why := self._overdue(message):
            await self._end(leased, why)
            return None
        try:
            authority = self._weighing.attempt(message, standing)
            return await self._dispatching.leave(leased, authority)
        except (AuditUnavailableError, StorageUnavailableError, UnwitnessedError):
            raise
        except CompanionRefusedError:
            return None
        except GroundEndedError as error:
            await self._end(leased, f"consent-{error.code}")
        except ObminError as error:
            await self._refused(leased, code_of(error))
        return None

    async def broke_down(self, leased: Leased) -> None:
        """Give a message back whose attempt failed on our own side; after a few of those it is poison."""
        failure = Failure("broken", BROKEN, inside=True, doubtful=True)
        await self._give_back(leased, failure, pause(leased.message.attempts))

    def _overdue(self, message: Message) -> str:
        """Say why a message is at its end before it is tried, if it is."""
        earlier, _ = self._clock.readings()
        if earlier >= message.expires_at:
            return "expired"
        return "poison" if message.lost >= MOST_BREAKDOWNS else ""

    async def _send(self, endpoint: Endpoint | None, parcel: Parcel) -> Outcome:
        """Take step 7; whatever a channel does, it comes to an outcome."""
        if endpoint is None or endpoint.kind not in self._channels:
            return WaitLong("no-endpoint")
        try:
            async with asyncio.timeout(ATTEMPT.total_seconds()):
                return await self._channels[endpoint.kind].send(endpoint, parcel)
        except TimeoutError:
            return Unknown("timed-out")
        except Exception as error:  # noqa: BLE001  its text may hold what was sent; the class is told
            log.warning("delivery.channel_failed", code=type(error).__name__, kind=endpoint.kind)
            return Unknown(BROKEN)

    async def _settle(self, leased: Leased, outcome: Outcome) -> None:
        match outcome:
            case Accepted(reference):
                await self._settling.end(leased, State.DELIVERED, "", reference)
            case GiveUp(code):
                await self._end(leased, code)
            case RetryLater(code, after) | Unknown(code, after) | WaitLong(code, after):
                failure = Failure(
                    type(outcome).__name__.lower(), code, code == BROKEN, isinstance(outcome, Unknown)
                )
                wait = pause(leased.message.attempts, after, long=isinstance(outcome, WaitLong))
                await self._give_back(leased, failure, wait)

    async def _refused(self, leased: Leased, code: str) -> None:
        """End a message that may not be told any more; what is refused for a time waits."""
        if code in WAITING:
            wait = pause(leased.message.attempts, long=True)
            await self._give_back(leased, Failure("held", code), wait)
        else:
            await self._end(leased, code)

    async def _give_back(self, leased: Leased, failure: Failure, wait: timedelta) -> None:
        at = self._clock.latest()
        await self._claims.give_back(leased, failure, at + wait, at)

    async def _end(self, leased: Leased, code: str) -> None:
        """Make a dead letter; where an attempt may have arrived, it says that nobody knows."""
        state = State.UNKNOWN if leased.message.doubtful else State.DEAD
        await self._settling.end(leased, state, code)


def _check(draft: Draft) -> None:
    if len(draft.content) > LARGEST:
        raise MessageTooLargeError
    try:
        orjson.loads(draft.content)
    except orjson.JSONDecodeError:
        raise BodyInvalidError("not-json") from None
