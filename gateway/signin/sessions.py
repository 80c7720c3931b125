"""Sessions: kept by the server, known to the browser by a random id that is stored only as its digest."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.storage.engine import Database, instant, micros, now
from gateway.storage.signin_tables import sessions

NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used: not every page need write."""


class Level(IntEnum):
    """How sure the identity provider was of who signed in (eIDAS, article 8)."""

    LOW = 1
    SUBSTANTIAL = 2
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Who:
    """Who signed in, how surely and when: an official of an agency, or a person (`subject`) by a portal."""

    agency: AgencyId
    official: OfficialId
    subject: SubjectRef | None
    level: Level
    authenticated_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A session that counts now. `digest` names it; the id itself is in the browser alone."""

    digest: bytes
    who: Who
    began_at: datetime


class Sessions:
    """The sessions of a deployment, on every gateway of it."""

    def __init__(self, database: Database, idle: timedelta, longest: timedelta) -> None:
        self._database = database
        self._idle = idle
        self._longest = longest

    async def begin(self, who: Who, instead_of: str = "") -> str:
        """Begin a session and give its id for the browser; one before it (`instead_of`) ends.

        Whoever comes sweeps: sessions that are over are forgotten with the next one that begins.
        """
        await self.tidy()
        if instead_of:
            await self.end(instead_of)
        at, key = micros(now()), secrets.token_urlsafe(32)
        row = {
            "digest": _digest(key),
            "agency": who.agency,
            "official": who.official,
            "subject_ref": who.subject,
            "level": int(who.level),
            "authenticated_at": micros(who.authenticated_at),
            "began_at": at,
            "seen_at": at,
        }
        await self._database.write(insert(sessions).values(row))
        return key

    async def find(self, key: str) -> Session | None:
        """Give the session of an id; None where there is none, or it is over by either clock."""
        rows = await self._database.fetch(select(sessions).where(sessions.c.digest == _digest(key)))
        if not rows or self._over(rows[0]):
            return None
        row, at = rows[0], now()
        if at - instant(row.seen_at) > NOTED_EVERY:
            seen = update(sessions).where(sessions.c.digest == row.digest).values(seen_at=micros(at))
            await self._database.write(seen)
        who = Who(
            AgencyId(row.agency),
            OfficialId(row.official),
            SubjectRef(row.subject_ref) if row.subject_ref else None,
            Level(row.level),
            instant(row.authenticated_at),
        )
        return Session(row.digest, who, instant(row.began_at))

    async def end(self, key: str) -> bool:
        """End a session; False where there was none."""
        return bool(await self._database.write(delete(sessions).where(sessions.c.digest == _digest(key))))

    async def tidy(self) -> int:
        """Forget the sessions that are over, and give how many."""
        at = now()
        over = or_(
            sessions.c.seen_at < micros(at - self._idle), sessions.c.began_at < micros(at - self._longest)
        )
        return await self._database.write(delete(sessions).where(over))

    def _over(self, row: Any) -> bool:
        at = now()
        return at - instant(row.seen_at) > self._idle or at - instant(row.began_at) > self._longest


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
