"""A message leaves: sealed to its recipient, and on record with its ground before the first byte goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from audit.log import Log, Receipt
from audit.store import GroundEndedError, Statement
from contracts.vocabulary import AgencyId, ExchangeId
from gateway.agencies import Agency
from gateway.clock import Clock
from gateway.consent.using import Uses
from gateway.outbox.channel import Parcel
from gateway.outbox.claims import Leased
from gateway.outbox.entries import entry
from gateway.outbox.message import Message, place_of
from gateway.outbox.rows import OutboxRows
from gateway.outbox.sealing import seal_message
from gateway.outbox.weighing import Authority
from gateway.oversight.notices import NoticeQueue
from gateway.sealing.recipient import RecipientKey, RecipientKeyError, can_seal


class Dispatching:
    """Takes steps 5 and 6 of `gateway.delivery`. `agencies` says whose key a message is sealed to."""

    def __init__(
        self,
        record: Log,
        rows: OutboxRows,
        uses: Uses,
        notices: NoticeQueue,
        agencies: Mapping[AgencyId, Agency],
        tenant: str,
        clock: Clock,
    ) -> None:
        self._log = record
        self._rows = rows
        self._uses = uses
        self._notices = notices
        self._agencies = agencies
        self._tenant = tenant
        self._clock = clock

    def key_of(self, agency: AgencyId) -> RecipientKey:
        """Give an agency's key. Raises `RecipientKeyError`: it is unknown, or none can be sealed to."""
        known = self._agencies.get(agency)
        if known is None or not can_seal(known.recipient):
            raise RecipientKeyError(agency)
        return known.recipient

    async def leave(self, leased: Leased, authority: Authority) -> Parcel:
        """Put an attempt on record; from the moment this returns, the message may leave.

        Raises:
            GroundEndedError: a ground ended before this attempt, in the order of the record.
            CompanionRefusedError: the lease is another's by now.
            UnwitnessedError, AuditUnavailableError: nothing may leave now.
        """
        message, (_, at) = leased.message, self._clock.readings()
        key = self.key_of(message.agency)
        content = authority.key.open(leased.content, place_of(self._tenant, message.id))
        sealed = seal_message(key, message, authority.contract, content, at)
        told = {name: value for name, value in authority.told.items() if name != "weighed"}
        event = entry(message, "sent", at, "", {**told, "attempt": message.attempts}, authority.contract)
        companions = [self._rows.held(message, leased.holder), *self._owed(message, authority, at)]
        try:
            receipt = await self._log.dispatch(event, authority.grounds, companions)
        except GroundEndedError as error:
            if error.code != "used-up" or message.attempts == 1:
                raise
            # By this message itself, at an earlier attempt: the weighing has not counted that one.
            left = frozenset(ground for ground in authority.grounds if ground.id not in error.grounds)
            receipt = await self._log.dispatch(event, left, companions)
        return _parcel(message, sealed, at, receipt)

    def _owed(self, message: Message, authority: Authority, at: datetime) -> list[Statement]:
        """Write what an attempt leaves besides: the use of a consent, the notice to the person."""
        if authority.mandate is None:
            return []
        return [
            *self._uses.of(authority.grounds, ExchangeId(message.id), message.agency, at),
            *self._notices.owed(authority.mandate, at),
        ]


def _parcel(message: Message, sealed: str, at: datetime, receipt: Receipt) -> Parcel:
    return Parcel(
        id=message.id,
        type=message.type,
        agency=message.agency,
        sender=message.sender,
        at=at,
        sealed=sealed,
        exchange_id=message.exchange_id,
        attempt=message.attempts,
        expires_at=message.expires_at,
        receipt=receipt.as_json(),
    )
