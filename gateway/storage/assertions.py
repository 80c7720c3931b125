"""Which signed assertions were used: each once, over all processes on one database (RFC 7523 §3)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from gateway.storage.engine import Database, micros, now
from gateway.storage.tables import used_assertions


class UsedAssertions:
    """The ledger behind `gateway.identity.Tokens`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def use(self, agency: str, jti: str, until: datetime) -> bool:
        """Take note of one; False where it had been used before. Durable on return."""
        digest = hashlib.sha256(jti.encode("utf-8", "surrogatepass")).hexdigest()
        row = insert(used_assertions).values(agency=agency, jti=digest, expires_at=micros(until))
        try:
            await self._database.write(row)
        except IntegrityError:
            return False
        return True

    async def purge(self) -> None:
        """Forget those whose time has passed: their expiry refuses them by itself."""
        await self._database.write(
            delete(used_assertions).where(used_assertions.c.expires_at < micros(now()))
        )
