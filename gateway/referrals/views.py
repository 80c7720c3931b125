"""What a side of a referral is shown of the person, weighed now; the reading is on record first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audit.event import Event, Json
from audit.log import Log
from gateway.agencies import Agency
from gateway.faults import NotFoundError
from gateway.outbox.message import Message
from gateway.referrals.posting import Posting
from gateway.referrals.referral import Referral, event_of
from gateway.referrals.referrals import Referrals
from gateway.referrals.stages import Side
from gateway.referrals.telling import Telling, Told
from gateway.sealing.recipient import Binding, can_seal, seal_fields
from gateway.storage.engine import now


class Views:
    """Shows referrals to their two sides."""

    def __init__(self, log: Log, kept: Referrals, telling: Telling, posting: Posting) -> None:
        self._log = log
        self._kept = kept
        self._telling = telling
        self._posting = posting

    async def of(self, referral: Referral, reader: Agency) -> Mapping[str, Any]:
        """Give what this agency may see of a referral beyond how it stands.

        Raises:
            NotFoundError: neither side of it.
            UnwitnessedError: nothing is released while nobody watches the record.
        """
        side = referral.side_of(reader.id)
        if side is None:
            raise NotFoundError
        return await (self._senders(referral) if side is Side.SENDER else self._receivers(referral, reader))

    async def _senders(self, referral: Referral) -> Mapping[str, Any]:
        await self._log.note(event_of(referral, "read", now(), referral.sender))
        message = await self._posting.message_of(referral)
        return {
            "content": await self._kept.content_of(referral),
            "outcome": await self._kept.outcome_of(referral),
            "delivery": _delivery(message) if message else None,
        }

    async def _receivers(self, referral: Referral, reader: Agency) -> Mapping[str, Any]:
        self._log.require_witnessed()
        told = await self._telling.told(referral)
        await self._log.note(_reading(referral, told))
        sealed, lacking = self._sealed(referral, reader, told)
        return {
            "fields": told.plain,
            "sealed": sealed,
            "withheld": {**told.withheld, **lacking},
            "outcome": await self._kept.outcome_of(referral),
        }

    def _sealed(
        self, referral: Referral, reader: Agency, told: Told
    ) -> tuple[Mapping[str, Any] | None, Mapping[str, str]]:
        """Seal what the contract lets leave to the receiver's key alone; without one it does not leave."""
        if not told.sealed:
            return None, {}
        if not can_seal(reader.recipient):
            return None, dict.fromkeys(told.sealed, "recipient-key-missing")
        binding = Binding(reader.id, referral.exchange_id, told.contract)
        value = seal_fields(reader.recipient, binding, told.sealed, now())
        return {"format": "jwe", "value": value, "fields": sorted(told.sealed)}, {}


def _reading(referral: Referral, told: Told) -> Event:
    """Write the entry of a reading by the receiver: which fields of which source, on which contract."""
    sources: list[Json] = [
        {"source": source, "status": "answered", "fields": sorted(fields)}
        for source, fields in sorted(told.covers.items())
    ]
    event = event_of(referral, "read", now(), referral.receiver, more={"sources": sources})
    return replace(event, contract=told.contract)


def _delivery(message: Message) -> Mapping[str, Any]:
    return {
        "message": message.id,
        "state": message.state.value,
        "attempts": message.attempts,
        "code": message.code,
        "expires_at": message.expires_at,
    }
