"""What keeps an exchange answerable, put together for one deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from audit.log import Log
from audit.publisher import Publisher
from gateway.oversight.acquaintances import AcquaintanceList
from gateway.oversight.erasure import Erasures
from gateway.oversight.findings import Bench
from gateway.oversight.holds import Holds
from gateway.oversight.sealed import SealedParts
from gateway.oversight.statements import Statements
from gateway.oversight.unsealing import Unsealings
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database
from gateway.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Oversight:
    """The services of auditors, operators and the person's portal."""

    acquaintances: AcquaintanceList
    bench: Bench
    erasures: Erasures
    holds: Holds
    parts: SealedParts
    statements: Statements
    unsealings: Unsealings

    @classmethod
    def open(
        cls,
        database: Database,
        log: Log,
        publisher: Publisher,
        ring: KeyRing,
        tenant: str,
        subjects: Subjects,
    ) -> Self:
        """Build them; nothing is read yet."""
        parts = SealedParts(database, ring, tenant)
        acquaintances = AcquaintanceList(database, log, subjects)
        return cls(
            acquaintances=acquaintances,
            bench=Bench(database, log, acquaintances, parts),
            erasures=Erasures(database, log, publisher.signer),
            holds=Holds(database, log),
            parts=parts,
            statements=Statements(database, log, publisher, subjects),
            unsealings=Unsealings(database, log, parts),
        )
