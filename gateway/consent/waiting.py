"""Exchanges that wait for a person's answer: kept sealed, taken up by whichever process hears of it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from contracts.vocabulary import AgencyId, ExchangeId, SubjectRef
from gateway.consent.asked import GIVEN
from gateway.sealing.envelope import Context, SubjectKey
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database
from gateway.storage.ground_tables import consent_requests, waiting_exchanges
from gateway.storage.tables import subjects


@dataclass(frozen=True, slots=True)
class Waiting:
    """One exchange that waits: the query as it was asked, in the caller's own bytes."""

    exchange_id: ExchangeId
    agency: AgencyId
    language: str
    body: bytes

    def __repr__(self) -> str:
        return f"Waiting({self.exchange_id})"


class WaitingRoom:
    """Parks exchanges and gives each of them up once."""

    def __init__(self, database: Database, ring: KeyRing, tenant: str) -> None:
        self._database = database
        self._ring = ring
        self._tenant = tenant

    async def park(self, waiting: Waiting, request_id: str, ref: SubjectRef) -> None:
        """Keep an exchange until its request is answered. Durable on return."""
        key = await self._key(ref)
        await self._database.write(
            insert(waiting_exchanges).values(
                exchange_id=waiting.exchange_id,
                request_id=request_id,
                subject_ref=ref,
                agency=waiting.agency,
                language=waiting.language,
                body=key.seal(waiting.body, self._context(waiting.exchange_id)),
            )
        )

    async def take(self, request_id: str = "", exchange_id: str = "") -> Sequence[Waiting]:
        """Give the exchanges whose request was answered with a consent, each to one caller alone."""
        mine = (
            waiting_exchanges.c.exchange_id == exchange_id
            if exchange_id
            else waiting_exchanges.c.request_id == request_id
        )
        rows = await self._database.fetch(
            select(waiting_exchanges)
            .join(consent_requests, consent_requests.c.id == waiting_exchanges.c.request_id)
            .where(mine, consent_requests.c.outcome == GIVEN)
        )
        return [await self._opened(row) for row in rows if await self._claim(row.exchange_id)]

    async def _claim(self, exchange_id: str) -> bool:
        gone = delete(waiting_exchanges).where(waiting_exchanges.c.exchange_id == exchange_id)
        return await self._database.write(gone) == 1

    async def _opened(self, row: Any) -> Waiting:
        key = await self._key(SubjectRef(row.subject_ref))
        body = key.open(row.body, self._context(row.exchange_id))
        return Waiting(ExchangeId(row.exchange_id), AgencyId(row.agency), row.language, body)

    async def _key(self, ref: SubjectRef) -> SubjectKey:
        mine = select(subjects.c.wrapped_key, subjects.c.kek_version).where(subjects.c.ref == ref)
        [row] = await self._database.fetch(mine)
        return SubjectKey.unwrap(self._ring, ref, row.wrapped_key, row.kek_version)

    def _context(self, exchange_id: str) -> Context:
        return Context(self._tenant, "waiting_exchanges", exchange_id, "body")
