"""The push side of one process, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.log import Log
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId
from gateway.agencies import Agency
from gateway.clock import Clock
from gateway.consent.using import Uses
from gateway.delivery import Delivery
from gateway.outbox.channel import Channel, Endpoints
from gateway.outbox.claims import Claims
from gateway.outbox.dispatching import Dispatching
from gateway.outbox.letters import Letters
from gateway.outbox.pickup import Pickup
from gateway.outbox.receivers import Receivers
from gateway.outbox.replays import Replays
from gateway.outbox.rows import OutboxRows
from gateway.outbox.selection import Previews
from gateway.outbox.settling import Settling
from gateway.outbox.tending import Tending
from gateway.outbox.weighing import Weighing
from gateway.outbox.worker import Worker
from gateway.oversight.notices import NoticeQueue
from gateway.storage.engine import Database
from gateway.subjects import Subjects
from gateway.usage import Usage


@dataclass(frozen=True, slots=True)
class Outbox:
    """What a process needs to push: `delivery` takes messages, `worker` sends them.

    `pickup` is for those who come for their messages themselves; `weighing` says beforehand what may be
    told; `settling` tells observers how messages ended.
    """

    delivery: Delivery
    pickup: Pickup
    weighing: Weighing
    letters: Letters
    settling: Settling
    replays: Replays
    tending: Tending
    worker: Worker


def open_outbox(
    database: Database,
    record: Log,
    contracts: ContractStore,
    subjects: Subjects,
    agencies: Mapping[AgencyId, Agency],
    tenant: str,
    clock: Clock,
    channels: Mapping[str, Channel],
    endpoints: Endpoints,
) -> Outbox:
    """Put it together; nothing runs yet."""
    rows, claims, letters = OutboxRows(database.dialect), Claims(database), Letters(database)
    settling = Settling(record, rows, clock)
    weighing = Weighing(contracts, database, subjects, Usage(database), clock)
    uses, notices = Uses(database.dialect), NoticeQueue(database.dialect)
    dispatching = Dispatching(record, rows, uses, notices, agencies, tenant, clock)
    delivery = Delivery(
        record=record,
        weighing=weighing,
        rows=rows,
        claims=claims,
        letters=letters,
        settling=settling,
        dispatching=dispatching,
        channels=channels,
        tenant=tenant,
        clock=clock,
    )
    pickup = Pickup(claims, weighing, delivery, letters, settling)
    previews = Previews(letters, weighing, dispatching)
    replays = Replays(database, record, rows, letters, previews)
    tending = Tending(database, letters, settling, replays, clock)
    worker = Worker(delivery, claims, weighing, tending, Receivers(clock.steady), endpoints, clock)
    return Outbox(delivery, pickup, weighing, letters, settling, replays, tending, worker)
