"""Which signed assertions were used: each once, over all processes on one database (RFC 7523 §3)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.faults import StorageUnavailableError
from gateway.storage.engine import micros, now
from gateway.storage.tables import used_assertions


class UsedAssertions:
    """The ledger behind `gateway.identity.Tokens`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def use(self, agency: str, jti: str, until: datetime) -> bool:
        """Take note of one; False where it had been used before. Durable on return."""
        digest = hashlib.sha256(jti.encode("utf-8", "surrogatepass")).hexdigest()
        row = insert(used_assertions).values(agency=agency, jti=digest, expires_at=micros(until))
        try:
            async with self._engine.begin() as connection:
                await connection.execute(row)
        except IntegrityError:
            return False
        except (DBAPIError, PoolTimeoutError, OSError):
            raise StorageUnavailableError from None
        return True

    async def purge(self) -> None:
        """Forget those whose time has passed: their expiry refuses them by itself."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(used_assertions).where(used_assertions.c.expires_at < micros(now()))
            )
