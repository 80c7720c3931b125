"""Work that rests on consents is stopped when one of them ends, however long the sources take.

The release looks at every ground once more in any case; this spares the registries the rest of the
questions, and the person the rest of the pages, once she has said no.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy import select

from contracts.contract import Basis, Mandate
from gateway.consent.consents import GIVEN
from gateway.consent.ground import ConsentWithdrawnError
from gateway.storage.engine import Database
from gateway.storage.tables import consent_events

T = TypeVar("T")
EVERY = 0.25
"""Seconds between two looks. Most exchanges have ended before the first, and cost nothing."""


class GroundWatch:
    """Looks, while work goes on, at whether the consents beneath it still stand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def during(self, mandate: Mandate, work: Coroutine[Any, Any, T]) -> T:
        """Do the work; stop it, and raise `ConsentWithdrawnError`, when a consent beneath it ends."""
        permits = mandate.permits.values()
        resting = {each.id for p in permits for each in p.grounds_of(p.fields) if each.kind is Basis.CONSENT}
        if not resting:
            return await work
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=EVERY))[0]:
                if ended := await self._ended(resting):
                    raise ConsentWithdrawnError(f"consent-{ended}")
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    async def _ended(self, consents: set[str]) -> str:
        happened = (consent_events.c.consent_id.in_(sorted(consents)), consent_events.c.kind != GIVEN)
        rows = await self._database.fetch(select(consent_events.c.kind).where(*happened).limit(1))
        return str(rows[0].kind) if rows else ""
