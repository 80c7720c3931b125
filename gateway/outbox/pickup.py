"""Messages for agencies that cannot be called: they come for them, and say what they have.

What is handed out is weighed, sealed and on record as any attempt is. It goes on waiting until it is
acknowledged, and is handed out again to whoever comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.vocabulary import AgencyId
from gateway.delivery import Delivery
from gateway.faults import ConflictError, NotFoundError
from gateway.outbox.channel import Parcel
from gateway.outbox.claims import Claims, Leased
from gateway.outbox.letters import Letters
from gateway.outbox.message import Message, State
from gateway.outbox.settling import Settling
from gateway.outbox.weighing import Weighing
from gateway.storage.engine import now


@dataclass(frozen=True, slots=True)
class Picked:
    """One message that was handed out."""

    leased: Leased
    parcel: Parcel


class Pickup:
    """Hands messages out. The order within a lane is the order in which they are given."""

    def __init__(
        self, claims: Claims, weighing: Weighing, delivery: Delivery, letters: Letters, settling: Settling
    ) -> None:
        self._claims = claims
        self._weighing = weighing
        self._delivery = delivery
        self._letters = letters
        self._settling = settling

    async def fetch(self, agency: AgencyId, after: int = 0, limit: int = 100) -> Sequence[Picked]:
        """Give what waits for an agency behind a place in the order (`Message.seq`), the oldest first.

        Raises `AuditUnavailableError`, `StorageUnavailableError` or `UnwitnessedError`: nothing was given.
        """
        leased = await self._claims.collect(agency, after, limit, now())
        standings = await self._weighing.standings([each.message for each in leased])
        parcels = await asyncio.gather(
            *(self._delivery.leave(each, standings.get(each.message.seq)) for each in leased)
        )
        return [Picked(each, parcel) for each, parcel in zip(leased, parcels, strict=True) if parcel]

    async def acknowledge(self, agency: AgencyId, message_id: str, reference: str = "") -> Message:
        """Note that an agency has a message, which may be said again; give it as it is now.

        Raises:
            NotFoundError: no such message to this agency, or it was never handed out.
            ConflictError: it has ended otherwise.
        """
        message = await self._mine(agency, message_id)
        if message.state is State.DELIVERED:
            return message
        if not await self._settling.acknowledge(message, reference):
            message = await self._mine(agency, message_id)
            if message.state is not State.DELIVERED:
                raise ConflictError("message-ended")
        return await self._mine(agency, message_id)

    async def _mine(self, agency: AgencyId, message_id: str) -> Message:
        message = await self._letters.find(message_id)
        if message is None or message.agency != agency or not message.attempts:
            raise NotFoundError
        return message
