"""What a side of a referral is shown of the person, weighed now; the reading is on record first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from audit.event import Event, Json
from audit.log import Log
from contracts.vocabulary import AgencyId, Field
from gateway.agencies import Agency
from gateway.faults import NotFoundError
from gateway.outbox.message import Message
from gateway.referrals.contributions import PREFIX, Contribution, Contributions, field_of
from gateway.referrals.posting import Posting
from gateway.referrals.referral import Referral, event_of
from gateway.referrals.referrals import Referrals
from gateway.referrals.stages import Side
from gateway.referrals.telling import Telling, Told
from gateway.sealing.recipient import Binding, can_seal, seal_fields
from gateway.storage.engine import now


class Views:
    """Shows referrals to their two sides."""

    def __init__(
        self, log: Log, kept: Referrals, telling: Telling, posting: Posting, added: Contributions
    ) -> None:
        self._added = added
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

    async def contributed(self, referral: Referral) -> Mapping[str, Any]:
        """Give the sender what was added to an assessment, as its contract gives it.

        Raises `UnwitnessedError`.
        """
        self._log.require_witnessed()
        added = await self._added.to(referral)
        values = {field_of(name): text for each in added for name, text in each.sections.items()}
        told = await self._telling.contributed(referral, values)
        await self._log.note(_reading(referral, told, referral.sender))
        allowed = told.everything.keys()
        return {
            "contributions": [_added(each, allowed) for each in added],
            "sections": {name.removeprefix(PREFIX): text for name, text in told.everything.items()},
            "withheld": told.withheld,
        }

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
        await self._log.note(_reading(referral, told, referral.receiver))
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


def _added(each: Contribution, allowed: Collection[Field]) -> Mapping[str, Any]:
    """Show one part: who signed it, when, and as much of it as may be told."""
    return {
        "id": each.id,
        "agency": each.agency,
        "official": each.official,
        "key_id": each.key_id,
        "at": each.at,
        "whole": each.is_whole,
        "sections": {name: text for name, text in each.sections.items() if field_of(name) in allowed},
    }


def _reading(referral: Referral, told: Told, reader: AgencyId) -> Event:
    """Write the entry of a reading: which fields of which source, on which contract."""
    sources: list[Json] = [
        {"source": source, "status": "answered", "fields": sorted(fields)}
        for source, fields in sorted(told.covers.items())
    ]
    event = event_of(referral, "read", now(), reader, more={"sources": sources})
    return replace(event, contract=told.contract)


def _delivery(message: Message) -> Mapping[str, Any]:
    return {
        "message": message.id,
        "state": message.state.value,
        "attempts": message.attempts,
        "code": message.code,
        "expires_at": message.expires_at,
    }
