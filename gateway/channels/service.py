"""The channels of one process, put together: where agencies are, and how each kind of place is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, Self

from adapters.protocols.reach import Network
from audit.log import Log
from gateway.channels.endpoints import Endpoints
from gateway.channels.mail import MailChannel, Server
from gateway.channels.places import Places
from gateway.channels.posting import Posting
from gateway.channels.reach import PublicReach
from gateway.channels.secrets import WebhookSecrets
from gateway.channels.watching import Watched
from gateway.channels.webhook import Signing, WebhookChannel
from gateway.outbox.channel import Channel, Endpoint
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database


class Pushing(Protocol):
    """What the channels need of the settings."""

    @property
    def loopback(self) -> bool:
        """Whether an address may be on this machine."""

    @property
    def networks(self) -> Sequence[Network]:
        """Inner networks in which agencies may have addresses."""

    @property
    def mail(self) -> Server:
        """The server that takes our mail; none where its host is empty."""

    @property
    def dead_after_hours(self) -> float:
        """After how long without a sign an address is paused."""


class Provable(Channel, Protocol):
    """A channel whose endpoints can show that their agency holds them."""

    async def challenge(self, endpoint: Endpoint) -> str:
        """Give why an endpoint did not prove itself, nothing where it did."""


@dataclass(frozen=True, slots=True)
class Channels:
    """What a process needs to reach agencies. Closed with `posting`."""

    endpoints: Endpoints
    posting: Posting
    secrets: WebhookSecrets
    source: str
    places: Places
    provers: Mapping[str, Provable]
    by_kind: Mapping[str, Channel]

    @classmethod
    def over(
        cls, database: Database, record: Log, ring: KeyRing, tenant: str, settings: Pushing, public_url: str
    ) -> Self:
        """Put them together; nothing is called yet."""
        reach = PublicReach(settings.networks, loopback=settings.loopback)
        posting, secrets = Posting(reach), WebhookSecrets(ring.index_key, tenant)
        webhook = WebhookChannel(posting, Signing(secrets, ring.origin))
        endpoints = Endpoints(database, record, timedelta(hours=settings.dead_after_hours))
        channels: dict[str, Provable] = {"webhook": webhook}
        if settings.mail.host:
            channels["mail"] = MailChannel(settings.mail, public_url)
        watched = {kind: Watched(channel, endpoints) for kind, channel in channels.items()}
        return cls(
            endpoints=endpoints,
            posting=posting,
            secrets=secrets,
            source=ring.origin,
            places=Places(frozenset(channels), reach),
            provers=channels,
            by_kind=watched,
        )

    async def prove(self, endpoint: Endpoint) -> str:
        """Let an endpoint show that its agency holds it; give why it did not, nothing where it did."""
        return await self.provers[endpoint.kind].challenge(endpoint)
