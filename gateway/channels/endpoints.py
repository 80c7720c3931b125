"""Where agencies take their messages: registered by themselves, proved, paused, moved; one each.

Every change is an entry of the record in its own transaction, and tells of the version it changes: of two
at the same time one is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Integer, bindparam, delete, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind, new_id
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.vocabulary import AgencyId, OfficialId
from gateway.channels.endpoint_rows import IS_ACTIVE, Registered, State, registered_of
from gateway.faults import ConflictError, NotFoundError
from gateway.outbox.channel import Accepted, Endpoint, GiveUp, Outcome
from gateway.storage.channel_tables import endpoints
from gateway.storage.engine import Database, Prepared, micros, now

OVERLAP: Final = timedelta(hours=24)
"""How long a rotated secret still signs beside the new one."""
DEAD_AT_LEAST: Final = 5
"""An endpoint is dead only after so many attempts: a quiet one is not judged by a single failure."""
AT_ONCE: Final = frozenset({"http-410", "astray"})
"""What pauses an endpoint the first time: it is no more, or leads where nothing is sent."""
SYSTEM: Final = OfficialId("gateway")
BY_AGENCY, DEAD = "by-agency", "dead"
"""Why an endpoint is paused, besides those."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Keeps the endpoints of one deployment. See also `gateway.outbox.channel.Endpoints`.

    One that has taken nothing for as long as `dead_after` is paused.
    """

    database: Database
    log: Log
    dead_after: timedelta

    async def active(self) -> Mapping[AgencyId, Endpoint]:
        """See `gateway.outbox.channel.Endpoints.active`."""
        rows = await self.database.fetch(select(endpoints).where(IS_ACTIVE))
        return {AgencyId(row.agency): registered_of(row).endpoint() for row in rows}

    async def of(self, agency: AgencyId) -> Registered:
        """Give an agency's endpoint. Raises `NotFoundError`."""
        rows = await self.database.fetch(select(endpoints).where(endpoints.c.agency == agency))
        if not rows:
            raise NotFoundError
        return registered_of(rows[0])

    async def everybody(self) -> list[Registered]:
        """List all, for operators."""
        rows = await self.database.fetch(select(endpoints).order_by(endpoints.c.agency))
        return [registered_of(row) for row in rows]

    async def register(self, agency: AgencyId, kind: str, address: str, official: OfficialId) -> Registered:
        """Put an endpoint on file; nothing is sent to it before it has proved itself.

        Raises:
            ConflictError: the agency has one (`endpoint-known`).
        """
        row: dict[str, Any] = {
            "agency": agency,
            "id": new_id(),
            "kind": kind,
            "address": address,
            "state": State.UNVERIFIED.value,
            "reason": "",
            "generation": 1,
            "overlap_until": 0,
            "failing_since": None,
            "failures": 0,
            "version": 1,
            "registered_at": micros(now()),
            "official": official,
        }
        statement = Prepared(insert(endpoints), self.database.dialect).bind(**row)
        fresh = registered_of(SimpleNamespace(**row))
        await self._note(fresh, "registered", official, statement, "endpoint-known")
        return fresh

    async def verified(self, endpoint: Registered, official: OfficialId) -> Registered:
        """Let messages go to an endpoint that has proved itself; what it failed at before is forgotten."""
        return await self._change(
            endpoint,
            "verified",
            official,
            state=State.ACTIVE.value,
            reason="",
            failures=0,
            failing_since=None,
        )

    async def not_verified(self, endpoint: Registered, official: OfficialId, code: str) -> None:
        """Put on record that an endpoint did not prove itself."""
        await self.log.note(_event(endpoint, "verification-failed", official, code))

    async def rotate(self, endpoint: Registered, official: OfficialId) -> Registered:
        """Count its secret on. Raises `ConflictError` (`rotating`) while the last rotation still overlaps."""
        if endpoint.overlap_until > now():
            raise ConflictError("rotating")
        until = micros(now() + OVERLAP)
        return await self._change(
            endpoint, "secret-rotated", official, generation=endpoint.generation + 1, overlap_until=until
        )

    async def pause(self, endpoint: Registered, official: OfficialId, reason: str) -> Registered:
        """Send nothing to it until it has proved itself again; its messages wait."""
        if endpoint.state is State.PAUSED:
            raise ConflictError("paused-before")
        return await self._change(
            endpoint, "paused", official, reason, state=State.PAUSED.value, reason=reason
        )

    async def delete(self, endpoint: Registered, official: OfficialId) -> None:
        """Forget it; the agency fetches its messages itself from now on."""
        gone = delete(endpoints).where(endpoints.c.id == bindparam("of"))
        row = Prepared(gone, self.database.dialect).bind(of=endpoint.id)
        await self._note(endpoint, "deleted", official, row, "changed-meanwhile")

    async def heard(self, agency: AgencyId, outcome: Outcome) -> None:
        """Count an attempt; an endpoint that has been dead for long is paused, on record with a reason."""
        endpoint = await self.of(agency)
        if isinstance(outcome, Accepted | GiveUp):  # whatever it said of the message, it is there
            if endpoint.failures:
                await self._count(endpoint, 0, None)
            return
        since = endpoint.failing_since or now()
        await self._count(endpoint, endpoint.failures + 1, since)
        dead = endpoint.failures + 1 >= DEAD_AT_LEAST and now() - since >= self.dead_after
        if endpoint.state is State.ACTIVE and (dead or outcome.code in AT_ONCE):
            code = outcome.code if outcome.code in AT_ONCE else DEAD
            await self.pause(endpoint, SYSTEM, code)

    async def _count(self, endpoint: Registered, failures: int, since: datetime | None) -> None:
        mine = update(endpoints).where(endpoints.c.id == endpoint.id)
        await self.database.write(
            mine.values(failures=failures, failing_since=micros(since) if since else None)
        )

    async def _change(
        self, endpoint: Registered, result: str, official: OfficialId, code: str = "", **values: Any
    ) -> Registered:
        # Changed by another in between is null, which the schema refuses with the whole entry.
        version = choose((endpoints.c.version == bindparam("was"), bindparam("becomes", type_=Integer)))
        changed = update(endpoints).where(endpoints.c.id == bindparam("of"))
        named = {name: bindparam(f"new_{name}", type_=endpoints.c[name].type) for name in values}
        statement = changed.values(
            {**named, "version": version, "official": bindparam("who", type_=endpoints.c.official.type)}
        )
        row = Prepared(statement, self.database.dialect).bind(
            of=endpoint.id,
            was=endpoint.version,
            becomes=endpoint.version + 1,
            who=official,
            **{f"new_{name}": value for name, value in values.items()},
        )
        await self._note(endpoint, result, official, row, "changed-meanwhile", code)
        return await self.of(endpoint.agency)

    async def _note(
        self,
        endpoint: Registered,
        result: str,
        official: OfficialId,
        row: Statement,
        conflict: str,
        code: str = "",
    ) -> None:
        try:
            await self.log.note(_event(endpoint, result, official, code), [row])
        except CompanionRefusedError:
            raise ConflictError(conflict) from None


def _event(endpoint: Registered, result: str, official: OfficialId, code: str = "") -> Event:
    details: dict[str, Json] = {"endpoint": endpoint.id, "channel": endpoint.kind}
    return Event(
        kind=Kind.ENDPOINT,
        at=now(),
        agency=endpoint.agency,
        official=official,
        result=result,
        reason=code,
        details=details,
    )
