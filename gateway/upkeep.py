"""What a deployment needs looked after: ages of keys, certificates about to end, contracts that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography import x509
from sqlalchemy import func, select

from audit.event import Event, Kind
from audit.tables import entries
from contracts.proposals import Proposals
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, instant, micros, now
from gateway.storage.tables import subjects

ROTATED = "rotated"
SOON = timedelta(days=30)
"""So long before a certificate ends somebody should be at it."""
KEY_OLD = timedelta(days=365)
"""After so long a key version should have a successor."""


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One version of the key that wraps people's keys: since when there is it, and how many it wraps."""

    version: int
    since: datetime | None
    current: bool
    wraps: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate that the deployment uses; without `ends` the file cannot be read."""

    use: str
    file: str
    subject: str
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Looks, and changes nothing. `certificates` are files by what they are for."""

    database: Database
    ring: KeyRing
    certificates: Mapping[str, Path]
    proposals: Proposals

    async def keys(self) -> Sequence[KeyVersion]:
        """List the key versions, the newest first; the first is as old as the record."""
        counted = select(subjects.c.kek_version, func.count()).group_by(subjects.c.kek_version)
        rows: Sequence[Any] = await self.database.fetch(counted)
        wraps: dict[int, int] = dict(map(tuple, rows))
        since = await self._since()
        return [
            KeyVersion(version, since.get(version), version == self.ring.current, wraps.get(version, 0))
            for version in sorted(self.ring.keks, reverse=True)
        ]

    def certified(self) -> Sequence[Certificate]:
        """Read every certificate, those that end first first; one that cannot be read before all others."""
        read = [each for use, path in self.certificates.items() for each in _certificates(use, path)]
        return sorted(read, key=lambda each: (each.ends is not None, each.ends))

    async def _since(self) -> Mapping[int, datetime]:
        began: Any = select(func.min(entries.c.at))
        first = (await self.database.fetch(began))[0][0]
        # By kind alone, which few entries have: in the order of the record the whole of it would be read.
        rotated = select(entries.c.entry).where(entries.c.kind == Kind.KEY.value, entries.c.result == ROTATED)
        rotations = [Event.parse(row.entry) for row in await self.database.fetch(rotated)]
        since = {1: instant(first)} if first is not None else {}
        return since | {int(str(each.details["version"])): each.at for each in rotations}


def _certificates(use: str, path: Path) -> Sequence[Certificate]:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return [Certificate(use, path.name, "", None)]
    return [
        Certificate(use, path.name, each.subject.rfc4514_string(), each.not_valid_after_utc) for each in found
    ]


async def exchanges_by_day(database: Database, zone: ZoneInfo, days: int = 30) -> Sequence[tuple[str, int]]:
    """Count the exchanges begun on each of the last days, days without any included; the newest last."""
    today = now().astimezone(zone).date()
    wanted = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    edges = [
        micros(datetime.combine(day, datetime.min.time(), zone).astimezone(UTC))
        for day in (*wanted, today + timedelta(days=1))
    ]
    # A count of each day stays within the index on kind and time: no entry is read.
    counts: Any = select(
        *(
            select(func.count())
            .where(entries.c.kind == Kind.INTENT.value, entries.c.at >= start, entries.c.at < end)
            .scalar_subquery()
            for start, end in pairwise(edges)
        )
    )
    return list(zip((day.isoformat() for day in wanted), (await database.fetch(counts))[0], strict=True))
