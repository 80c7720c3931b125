"""All that concerns partners, put together once; and what has to be done again and again."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from audit.log import Log
from contracts.vocabulary import AgencyId
from gateway.agencies import Agency
from gateway.offers.areas import Codifier, load_codifier
from gateway.offers.capacity import Capacity
from gateway.offers.imports import Imports
from gateway.offers.offer import State
from gateway.offers.offers import Offers
from gateway.offers.overview import Overview
from gateway.offers.partners import Partners, Roster
from gateway.offers.register import Register
from gateway.offers.reports.reports import Reports
from gateway.offers.taxonomy import Taxonomy
from gateway.pace import Allowance, Pace
from gateway.sealing.binding import bind
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, now

SYSTEM = AgencyId("gateway")
LEAVES_AFTER = timedelta(days=60)
"""A published offer that no partner has confirmed for this long is no longer shown at all."""


@dataclass(frozen=True, slots=True)
class Offering:
    """The services behind offers, holds and reports."""

    taxonomy: Taxonomy
    codifier: Codifier
    roster: Roster
    partners: Partners
    offers: Offers
    imports: Imports
    capacity: Capacity
    register: Register
    overview: Overview
    reports: Reports
    applying: Pace
    database: Database

    async def round(self) -> int:
        """End what time has ended: holds, offers, uploads without a process. Safe to do twice."""
        at = now()
        count = await self.capacity.expire()
        for offer in await self.offers.outlived(at.date()):
            await self.offers.move(offer, State.EXPIRED, SYSTEM, "last-day-over")
            count += 1
        for offer in await self.offers.stale(at - LEAVES_AFTER):
            await self.offers.move(offer, State.EXPIRED, SYSTEM, "never-confirmed")
            count += 1
        return count + await self.imports.drop_abandoned()


def open_offering(
    database: Database,
    log: Log,
    ring: KeyRing,
    tenant: str,
    agencies: Mapping[AgencyId, Agency],
    applications: int,
) -> Offering:
    """Put the services together; one address may send so many applications an hour."""
    taxonomy = Taxonomy.load()
    roster = Roster(agencies)
    kept = Offers(database, log, taxonomy)
    return Offering(
        taxonomy=taxonomy,
        codifier=load_codifier(taxonomy.areas),
        roster=roster,
        partners=Partners(database, log, roster),
        offers=kept,
        imports=Imports(database, log, kept),
        capacity=Capacity(
            database, log, hmac.digest(ring.index_key, bind("obmin cell key", tenant), "sha256")
        ),
        register=Register(database),
        overview=Overview(database),
        reports=Reports(database, log, taxonomy),
        applying=Pace(Allowance(applications, 10 * applications, timedelta(hours=1))),
        database=database,
    )
