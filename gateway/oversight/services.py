"""What keeps an exchange answerable, put together for one deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from audit.event import Event, Kind
from audit.log import Log
from audit.publisher import Publisher
from audit.retention import Retention
from audit.thresholds import Thresholds
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId
from gateway.agencies import Agency
from gateway.oversight.acquaintances import AcquaintanceList
from gateway.oversight.appeals import Appeals
from gateway.oversight.erasure import Erasures
from gateway.oversight.evidence import Evidence
from gateway.oversight.exports import Exports
from gateway.oversight.findings import Bench
from gateway.oversight.holds import Holds
from gateway.oversight.notices import Notices
from gateway.oversight.retention import RetentionRounds
from gateway.oversight.sealed import SealedParts
from gateway.oversight.statements import Statements
from gateway.oversight.unsealing import Unsealings
from gateway.oversight.veil import Veil
from gateway.oversight.wording import Wordings
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, now
from gateway.subjects import Subjects


class Settled(Protocol):
    """What the services need of the settings."""

    @property
    def tenant(self) -> str:
        """Whose data this is."""

    @property
    def thresholds(self) -> Path:
        """The file of thresholds."""

    @property
    def retention(self) -> Path:
        """The file of retention."""


class Deployment(Protocol):
    """What the services stand on: `gateway.app.Foundation` is one."""

    @property
    def settings(self) -> Settled:
        """The settings."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def log(self) -> Log:
        """The record."""

    @property
    def publisher(self) -> Publisher:
        """The signer of the record's heads."""

    @property
    def ring(self) -> KeyRing:
        """The keys."""

    @property
    def contracts(self) -> ContractStore:
        """The contracts in force."""

    @property
    def agencies(self) -> Mapping[AgencyId, Agency]:
        """Who may call."""


@dataclass(frozen=True, slots=True)
class Oversight:
    """The services of auditors, operators and the person's portal."""

    acquaintances: AcquaintanceList
    appeals: Appeals
    bench: Bench
    erasures: Erasures
    evidence: Evidence
    exports: Exports
    holds: Holds
    notices: Notices
    parts: SealedParts
    retention: RetentionRounds
    statements: Statements
    subjects: Subjects
    unsealings: Unsealings
    veil: Veil
    wordings: Wordings
    log: Log

    @classmethod
    def open(cls, on: Deployment) -> Self:
        """Build them; nothing is read yet but the two files.

        Raises:
            ContractInvalidError: one of the files is wrong; the message says where.
        """
        signer, settings = on.publisher.signer, on.settings
        parts = SealedParts(on.database, on.ring, settings.tenant)
        subjects = Subjects(on.database, on.ring, settings.tenant, on.contracts.vocabulary)
        acquaintances = AcquaintanceList(on.database, on.log, subjects)
        erasures = Erasures(on.database, on.log, signer)
        statements = Statements(on.database, on.log, on.publisher, subjects)
        wordings, retention = Wordings(on.contracts, on.agencies), Retention.load(settings.retention)
        return cls(
            acquaintances=acquaintances,
            appeals=Appeals(on.database, on.log, parts, statements),
            bench=Bench(on.database, on.log, acquaintances, parts, Thresholds.load(settings.thresholds)),
            erasures=erasures,
            evidence=Evidence(on.database, on.log, on.publisher),
            exports=Exports(on.database, on.log),
            holds=Holds(on.database, on.log),
            notices=Notices(on.database, on.log, parts, wordings),
            parts=parts,
            retention=RetentionRounds(on.database, on.log, signer, erasures, retention),
            statements=statements,
            subjects=subjects,
            unsealings=Unsealings(on.database, on.log, parts),
            veil=Veil(on.database),
            wordings=wordings,
            log=on.log,
        )

    async def read(self, what: str, count: int, by: AgencyId) -> None:
        """Put a reading of the record on record, before anything of it is given."""
        await self.log.note(Event(kind=Kind.READ, at=now(), agency=by, result=what, details={"count": count}))
