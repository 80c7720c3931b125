"""People at risk in the record: an auditor without the right to see them is not shown which case is theirs.

Entries hold no whereabouts, but a case's number leads to an office, and so to a town. Exports and packs of
evidence are whole: they are for those who may have them, and each is an entry.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from gateway.agencies import Right
from gateway.identity import Caller
from gateway.storage.engine import Database
from gateway.storage.tables import subjects

NOBODY = "[]"
"""What the column of masks holds where safety hides nothing."""


@dataclass(frozen=True, slots=True)
class Veil:
    """Knows of whom safety hides something."""

    database: Database

    async def over(self, caller: Caller, refs: Collection[str]) -> frozenset[str]:
        """Give those of these people whose cases the caller may not be shown."""
        wanted = {ref for ref in refs if ref}
        if not wanted or caller.may(Right.SEE_PROTECTED):
            return frozenset()
        query = select(subjects.c.ref).where(subjects.c.ref.in_(wanted), subjects.c.masks != NOBODY)
        return frozenset(row.ref for row in await self.database.fetch(query))
