"""Which sources of an answer rested on a consent that is withdrawn by now."""

from __future__ import annotations

from typing import Any

from audit.query import release_of
from contracts.vocabulary import Source
from gateway.consent.consents import Consents, Ending
from gateway.storage.engine import Database


async def withdrawn_sources(database: Database, consents: Consents, exchange_id: str) -> frozenset[Source]:
    """Name the sources of a release that spoke on a consent which has been withdrawn since."""
    async with database.reading() as connection:
        release = await release_of(connection, exchange_id)
    listed: Any = release.event.details["sources"] if release else ()
    resting = {
        Source(each["source"]): each["ground"]["id"]
        for each in listed
        if each.get("ground", {}).get("kind") == "consent"
    }
    gone = {
        consent_id
        for consent_id in set(resting.values())
        if Ending.WITHDRAWN in (await consents.get(consent_id)).endings
    }
    return frozenset(source for source, consent_id in resting.items() if consent_id in gone)
