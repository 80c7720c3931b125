"""The round of deletion: people of whom nothing need be kept any longer are forgotten, with a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select

from audit.event import Event, Kind, stamp
from audit.log import Log
from audit.note import Signer
from audit.retention import Retention
from audit.tables import entries
from contracts.vocabulary import AgencyId, SubjectRef
from gateway.faults import ConflictError
from gateway.oversight.erasure import Erased, ErasureGround, Erasures, certificate
from gateway.storage.engine import Database, instant, now
from gateway.storage.tables import subjects


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: whom it forgot, who stayed for a hold or an open case, and the log's word for it."""

    erased: Sequence[Erased]
    kept: int
    certificate: str


class RetentionRounds:
    """Finds whose time is over, and forgets them."""

    def __init__(
        self, database: Database, log: Log, signer: Signer, erasures: Erasures, retention: Retention
    ) -> None:
        self._database = database
        self._log = log
        self._signer = signer
        self._erasures = erasures
        self._retention = retention

    async def due(self) -> Sequence[SubjectRef]:
        """Name the people for whom every class of entries has run out, without doing anything."""
        newest = (
            select(entries.c.subject_ref, entries.c.kind, func.max(entries.c.at).label("last"))
            .where(entries.c.subject_ref.in_(select(subjects.c.ref)))
            .group_by(entries.c.subject_ref, entries.c.kind)
        )
        people: dict[str, dict[Kind, datetime]] = {}
        for row in await self._database.fetch(newest):
            people.setdefault(row.subject_ref, {})[Kind(row.kind)] = instant(row.last)
        at = now()
        return [SubjectRef(ref) for ref, last in sorted(people.items()) if self._retention.ended(last, at)]

    async def run(self, by: AgencyId) -> Round:
        """Forget everybody who is due, unless a hold or an open case is in the way; certify what was done."""
        erased, kept = [], 0
        for ref in await self.due():
            try:
                erased.append(await self._erasures.erase(ref, ErasureGround.TERM_ENDED, by))
            except ConflictError:
                kept += 1
        text = self._certificate(erased, kept)
        years = {name: each.years for name, each in sorted(self._retention.classes.items())}
        event = Event(
            kind=Kind.RETENTION,
            at=now(),
            agency=by,
            result="done",
            details={
                "classes": years,
                "erased": len(erased),
                "kept": kept,
                "certificate": f"sha-256:{sha256(text.encode()).hexdigest()}",
            },
        )
        await self._log.note(event)
        return Round(erased, kept, text)

    def _certificate(self, erased: Sequence[Erased], kept: int) -> str:
        lines: dict[str, object] = {"log": self._signer.name, "at": stamp(now())}
        lines |= {f"class {name}": f"{each.years} years" for name, each in self._retention.classes.items()}
        lines |= {"erased": len(erased), "kept for a hold or an open case": kept}
        lines |= {f"entry {each.index}": each.subject_ref for each in erased}
        return certificate(self._signer, lines)
