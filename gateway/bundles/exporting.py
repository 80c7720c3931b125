"""Making a bundle: what waits for one agency, weighed, sealed and on record, into a signed file."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from joserfc.jwk import OKPKey

from audit.event import Event, Kind, new_id
from audit.log import Log
from contracts.vocabulary import AgencyId
from gateway.bundles.bundle import MOST, Bundle
from gateway.channels.cloudevent import cloud_event
from gateway.outbox.message import State
from gateway.outbox.pickup import Pickup
from gateway.outbox.rows import BUNDLED
from gateway.outbox.settling import Settling
from gateway.storage.engine import now


class Exporting:
    """Makes bundles. `source` is our own name, as events and bundles say it."""

    def __init__(self, record: Log, pickup: Pickup, settling: Settling, source: str, key: OKPKey) -> None:
        self._log = record
        self._pickup = pickup
        self._settling = settling
        self._source = source
        self._key = key

    async def export(self, agency: AgencyId, lasts: timedelta, write: Callable[[str], None]) -> Bundle | None:
        """Give a bundle to `write` and end its messages as handed over; None where nothing waits.

        Each stays with its content until its recipient acknowledges it. A kill before the end leaves them
        waiting: they come once more, under the same ids.
        """
        picked = await self._pickup.fetch(agency, limit=MOST)
        if not picked:
            return None
        at = now()
        bundle = Bundle(
            id=new_id(),
            sender=self._source,
            agency=agency,
            made_at=at,
            expires_at=at + lasts,
            events=[cloud_event(each.parcel, self._source) for each in picked],
        )
        details = {"bundle": bundle.id, "messages": [each.parcel.id for each in picked]}
        await self._log.note(Event(Kind.BUNDLE, at, agency=agency, result="exported", details=details))
        write(bundle.signed(self._key))
        for each in picked:
            await self._settling.end(each.leased, State.UNKNOWN, BUNDLED)
        return bundle


def write_whole(path: Path, content: str) -> None:
    """Write a file whole or not at all, readable by its owner alone; durable when this returns."""
    draft = path.with_name(f".{path.name}.unfinished")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
