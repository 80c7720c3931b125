"""All about grounds that one process stands on: consents, requests for them, recalls, protection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from audit.log import Log
from contracts.words import Vocabulary
from gateway.answer import Keeping
from gateway.consent.consents import Consents
from gateway.consent.lapsing import Lapsing
from gateway.consent.protections import Protections
from gateway.consent.reaching import FolderChannel, NoChannel
from gateway.consent.recalls import Recalls
from gateway.consent.requests import ConsentRequests
from gateway.consent.waiting import WaitingRoom
from gateway.purging import Purging
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database
from gateway.workdays import Calendar


class Place(Protocol):
    """What the settings say of a deployment: `messages` is the folder by which people are reached."""

    @property
    def tenant(self) -> str:
        """The deployment's own name among those on one database."""

    @property
    def country(self) -> str:
        """By whose days off working days are counted."""

    @property
    def messages(self) -> Path | None:
        """Where messages to people are left."""

    @property
    def public_url(self) -> str:
        """How people reach their pages."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The services of one deployment that keep grounds; `lapsing` is background work alone."""

    consents: Consents
    recalls: Recalls
    purging: Purging
    requests: ConsentRequests
    waiting: WaitingRoom
    protections: Protections
    lapsing: Lapsing

    @classmethod
    def over(
        cls,
        database: Database,
        ring: KeyRing,
        record: Log,
        vocabulary: Vocabulary,
        place: Place,
    ) -> Self:
        """Put them together."""
        consents, tenant = Consents(database, record), place.tenant
        channel = FolderChannel(place.messages) if place.messages else NoChannel()
        return cls(
            consents=consents,
            recalls=Recalls(database, record, consents, Calendar(place.country)),
            purging=Purging(database, ring, record, Keeping(database.dialect, tenant), consents),
            requests=ConsentRequests(database, ring, record, consents, channel, place.public_url),
            waiting=WaitingRoom(database, ring, tenant),
            protections=Protections(database, record),
            lapsing=Lapsing(database, ring, consents, tenant, vocabulary),
        )

    async def tidy(self) -> int:
        """Do what time and unfinished work demand; give how much there was. Safe to do twice."""
        ended = await self.lapsing.note() + await self.requests.expire()
        return ended + await self.recalls.announce() + await self.purging.purge()
