"""Many offers in one file: every row is checked before any is taken, and a file is taken whole or not at all.

Rows are put on file in steps, hidden, so that the record and everybody else go on meanwhile; the last
step brings all of them to light at once. The same file again takes nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, literal, select, update

from audit.event import Event, Kind, new_id
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId
from gateway.faults import ConflictError, NotFoundError
from gateway.offers.form import Row
from gateway.offers.offer import State
from gateway.offers.offers import Offers
from gateway.offers.rows import digest_of
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.offer_tables import offer_areas, offer_imports, offers

STEP = 250
"""How many rows are put on file at a time."""
ABANDONED = timedelta(hours=1)
MOST_FAULTS = 1000


@dataclass(frozen=True, slots=True)
class Import:
    """How far an upload has come. `faults` name row, member and code; with one, nothing was taken."""

    id: str
    partner: AgencyId
    state: str
    rows: int
    taken: int
    known: int
    faults: Sequence[Mapping[str, Any]]


class Imports:
    """Takes files of offers in."""

    def __init__(self, database: Database, log: Log, kept: Offers) -> None:
        self._database = database
        self._log = log
        self._offers = kept
        self._show = Prepared(
            update(offers)
            .where(offers.c.import_id == bindparam("of"), offers.c.state == literal(State.INCOMING.value))
            .values(state=bindparam("becomes")),
            database.dialect,
        )
        self._done = Prepared(
            update(offer_imports)
            .where(offer_imports.c.id == bindparam("of"))
            .values(state=bindparam("becomes"), taken=bindparam("so_far")),
            database.dialect,
        )

    async def begin(
        self, partner: AgencyId, rows: Sequence[Row], faults: Sequence[Mapping[str, Any]]
    ) -> Import:
        """Note an upload and what is wrong with it. With a fault it ends here, and nothing is taken.

        `known` counts the rows that the partner has submitted before; one that differs from what was
        submitted under its external id is a fault.

        Raises:
            ConflictError: another upload of this partner is still being taken.
        """
        await self._refuse_second(partner)
        _, known, conflicts = await self._sorted_out(partner, rows)
        wrong = [*faults, *conflicts][:MOST_FAULTS]
        begun = Import(new_id(), partner, "refused" if wrong else "running", len(rows), 0, known, wrong)
        await self._database.write(
            insert(offer_imports),
            id=begun.id,
            partner=partner,
            state=begun.state,
            rows=begun.rows,
            taken=0,
            known=known,
            faults=orjson.dumps(wrong).decode(),
            at=micros(now()),
        )
        return begun

    async def run(self, begun: Import, rows: Sequence[Row]) -> Import:
        """Take the rows of an upload without faults; may be run again after a crash.

        Raises:
            ConflictError: another upload of this partner took one of the same external ids meanwhile.
        """
        fresh, _, _ = await self._sorted_out(begun.partner, rows)
        for start in range(0, len(fresh), STEP):
            chunk = [form for _, form in fresh[start : start + STEP]]
            try:
                await self._offers.put_aside(begun.partner, begun.id, chunk)
            except CompanionRefusedError:
                await self.drop(begun.id)
                raise ConflictError("changed-meanwhile") from None
            await self._database.write(
                update(offer_imports)
                .where(offer_imports.c.id == begun.id)
                .values(taken=offer_imports.c.taken + len(chunk))
            )
        digest = hashlib.sha256(b"".join(digest_of(form).encode() for _, form in rows)).hexdigest()
        event = Event(
            kind=Kind.OFFER,
            at=now(),
            agency=begun.partner,
            result="imported",
            details={
                "import": begun.id,
                "count": len(fresh),
                "known": begun.known,
                "digest": f"sha-256:{digest}",
            },
        )
        shown = self._show.bind(of=begun.id, becomes=State.DRAFT.value)
        done = self._done.bind(of=begun.id, becomes="done", so_far=len(fresh))
        await self._log.note(event, [shown, done])
        return await self.get(begun.id, begun.partner)

    async def get(self, import_id: str, partner: AgencyId) -> Import:
        """Read how far an upload has come.

        Raises:
            NotFoundError: unknown, or another partner's.
        """
        mine = (offer_imports.c.id == import_id, offer_imports.c.partner == partner)
        rows = await self._database.fetch(select(offer_imports).where(*mine))
        if not rows:
            raise NotFoundError
        row = rows[0]
        return Import(
            row.id, AgencyId(row.partner), row.state, row.rows, row.taken, row.known, orjson.loads(row.faults)
        )

    async def _refuse_second(self, partner: AgencyId) -> None:
        await self.drop_abandoned()
        running = (offer_imports.c.partner == partner, offer_imports.c.state == "running")
        if await self._database.fetch(select(offer_imports.c.id).where(*running)):
            raise ConflictError("still-running")

    async def drop(self, import_id: str) -> None:
        """Take back what an upload has put aside so far, and end it."""
        mine = (offers.c.import_id == import_id, offers.c.state == State.INCOMING)
        aside = select(offers.c.id).where(*mine)
        await self._database.write(delete(offer_areas).where(offer_areas.c.offer_id.in_(aside)))
        await self._database.write(delete(offers).where(*mine))
        await self._database.write(
            update(offer_imports).where(offer_imports.c.id == import_id).values(state="refused", taken=0)
        )

    async def drop_abandoned(self) -> int:
        """End the uploads whose process died; the partner sends the file again."""
        old = (offer_imports.c.state == "running", offer_imports.c.at < micros(now() - ABANDONED))
        rows = await self._database.fetch(select(offer_imports.c.id).where(*old))
        for row in rows:
            await self.drop(row.id)
        return len(rows)

    async def _sorted_out(
        self, partner: AgencyId, rows: Sequence[Row]
    ) -> tuple[list[Row], int, list[Mapping[str, Any]]]:
        """Part the rows: those to take, how many are on file as they are, and those that contradict it."""
        statement = select(offers.c.external_id, offers.c.digest).where(offers.c.partner == partner)
        on_file = {row.external_id: row.digest for row in await self._database.fetch(statement)}
        fresh: list[Row] = []
        faults: list[Mapping[str, Any]] = []
        seen: set[str] = set()
        known = 0
        for number, form in rows:
            kept = on_file.get(form.external_id)
            if form.external_id in seen:
                faults.append({"row": number, "pointer": "/external_id", "code": "twice-in-this-file"})
            elif kept is None:
                fresh.append((number, form))
            elif kept == digest_of(form):
                known += 1
            else:
                faults.append(
                    {"row": number, "pointer": "/external_id", "code": "external-id-of-another-offer"}
                )
            seen.add(form.external_id)
        return fresh, known, faults
