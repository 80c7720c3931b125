"""An agency's endpoint as it is on file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.vocabulary import AgencyId, OfficialId
from gateway.outbox.channel import Endpoint
from gateway.storage.channel_tables import endpoints
from gateway.storage.engine import instant, micros


class State(StrEnum):
    """Where an endpoint stands: only an active one is sent anything."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    PAUSED = "paused"


IS_ACTIVE = endpoints.c.state == State.ACTIVE.value


@dataclass(frozen=True, slots=True)
class Registered:
    """One endpoint. `reason` says why it is paused; `failing_since` is empty while it takes messages."""

    id: str
    agency: AgencyId
    kind: str
    address: str
    state: State
    reason: str
    generation: int
    overlap_until: datetime
    failing_since: datetime | None
    failures: int
    version: int
    registered_at: datetime
    official: OfficialId

    def endpoint(self) -> Endpoint:
        """Give it as channels know it."""
        details = {
            "id": self.id,
            "generation": str(self.generation),
            "overlap_until": str(micros(self.overlap_until)),
            "failures": str(self.failures),
        }
        return Endpoint(self.agency, self.kind, self.address, details, self.state is State.ACTIVE)


def registered_of(row: Any) -> Registered:
    """Read an endpoint back from its row."""
    return Registered(
        id=row.id,
        agency=AgencyId(row.agency),
        kind=row.kind,
        address=row.address,
        state=State(row.state),
        reason=row.reason,
        generation=row.generation,
        overlap_until=instant(row.overlap_until),
        failing_since=instant(row.failing_since) if row.failing_since is not None else None,
        failures=row.failures,
        version=row.version,
        registered_at=instant(row.registered_at),
        official=OfficialId(row.official),
    )
