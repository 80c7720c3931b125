"""A channel that is watched: what becomes of attempts decides whether an endpoint goes on being called."""

from __future__ import annotations

from contextlib import suppress

import structlog

from contracts.vocabulary import ObminError
from gateway.channels.endpoints import Endpoints
from gateway.faults import NotFoundError
from gateway.outbox.channel import Accepted, Channel, Endpoint, GiveUp, Outcome, Parcel

log = structlog.get_logger()


class Watched:
    """See `gateway.outbox.channel.Channel`."""

    def __init__(self, channel: Channel, endpoints: Endpoints) -> None:
        self._channel = channel
        self._endpoints = endpoints

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:
        """See `Channel.send`. That the count cannot be kept changes nothing of the message."""
        outcome = await self._channel.send(endpoint, parcel)
        if isinstance(outcome, Accepted | GiveUp) and endpoint.details.get("failures", "0") == "0":
            return outcome  # as nearly always: nothing to write
        try:
            with suppress(NotFoundError):  # deleted meanwhile
                await self._endpoints.heard(endpoint.agency, outcome)
        except ObminError as error:
            log.warning("endpoint.not_counted", code=type(error).__name__)
        return outcome
