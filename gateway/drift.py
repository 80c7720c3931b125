"""The drift alarm: what is new or gone in a registry's answers is told once, with the first exchange.

It is an alarm of the record and a row of the operator's list, committed together; whichever process is first
tells it. Names of members alone are kept. An answer that can be given is given all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import bindparam, insert, select

from adapters.protocols.shape import changes_of
from audit.event import Json, Kind
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, Source
from gateway.collection import Finding
from gateway.faults import StorageUnavailableError
from gateway.query import Query
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import source_drift

DRIFT: Final = "drift"
Change = tuple[str, str]


class DriftAlarm:
    """What this process knows to have been told. Several may run: the row in the database decides."""

    def __init__(self, database: Database, log: Log, registry: CollectorRegistry) -> None:
        self._database = database
        self._log = log
        self._told: dict[Source, set[Change]] = {}
        self._seen = Counter(
            "obmin_source_drift",
            "Answers whose members were not those of the samples",
            ["source"],
            registry=registry,
        )
        names = ("source", "change", "member", "exchange_id", "seen_at")
        self._row = Prepared(
            insert(source_drift).values({name: bindparam(name) for name in names}), database.dialect
        )

    async def hear(self, query: Query, agency: AgencyId, finding: Finding) -> None:
        """Tell what has not been told of this registry. Costs nothing where nothing has changed."""
        if not finding.drift:
            return
        self._seen.labels(finding.source).inc()
        changes = set(changes_of(finding.drift)) - self._told.get(finding.source, set())
        if not changes:
            return
        try:
            known = {(line["change"], line["member"]) for line in await self.told(finding.source)}
        except StorageUnavailableError:
            return  # whether the answer can be given is not for this to decide; the next one tells
        self._told[finding.source] = known | changes
        fresh = sorted(changes - known)
        if fresh:
            with suppress(CompanionRefusedError):  # another process has just told it
                await self._tell(query, agency, finding, fresh)

    async def _tell(self, query: Query, agency: AgencyId, finding: Finding, fresh: Sequence[Change]) -> None:
        at = now()
        details: dict[str, Json] = {
            "source": finding.source,
            "message_id": finding.message_id,
            **{what: [member for change, member in fresh if change == what] for what, _ in fresh},
        }
        rows = [
            self._row.bind(
                source=finding.source,
                change=change,
                member=member,
                exchange_id=query.exchange_id,
                seen_at=micros(at),
            )
            for change, member in fresh
        ]
        await self._log.note(query.event(Kind.ALARM, agency, at, "noticed", DRIFT, details), rows)

    async def told(self, source: Source) -> Sequence[Mapping[str, Any]]:
        """Give the operator's list of one registry, oldest first."""
        return await drift_of(self._database, source)


async def drift_of(database: Database, source: Source) -> Sequence[Mapping[str, Any]]:
    """Read what has changed in one registry's answers, with the exchange that showed each change first."""
    chosen = select(source_drift).where(source_drift.c.source == source).order_by(source_drift.c.seen_at)
    return [
        {
            "change": row.change,
            "member": row.member,
            "exchange_id": row.exchange_id,
            "seen_at": instant(row.seen_at),
        }
        for row in await database.fetch(chosen)
    ]
