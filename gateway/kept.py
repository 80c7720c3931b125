"""What is kept between requests: running and answered exchanges, and the replies behind Idempotency-Key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from audit.event import Event, Kind
from audit.log import Log
from audit.query import Filter, release_of, search
from contracts.vocabulary import AgencyId, ExchangeId, Scheme, Subject, SubjectRef
from gateway.answer import Answer, Keeping, upsert_exchange
from gateway.consent.recalls import RECALLED
from gateway.faults import IdempotencyConflictError, NotFoundError
from gateway.purging import Purging
from gateway.sealing.envelope import SubjectKey
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, micros, now
from gateway.storage.tables import exchanges, replies, subjects
from gateway.subjects import open_identity

RUNNING = timedelta(minutes=2)
"""A first request that has said nothing for this long is taken for dead."""
REMEMBERED = timedelta(hours=24)
ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Refused:
    """An exchange that ended in a problem; `slug` names it."""

    slug: str


class StillRunning:
    """An exchange that has not ended."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a POST was answered: status, body and headers, or the exchange whose answer it was."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    exchange_id: str


class Kept:
    """Reads and writes what is kept."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        log: Log,
        keeping: Keeping,
        purging: Purging,
    ) -> None:
        self._database = database
        self._ring = ring
        self._log = log
        self._keeping = keeping
        self._purging = purging
        self._upsert = upsert_exchange(database.dialect)

    async def begin(
        self,
        exchange_id: ExchangeId,
        agency: AgencyId,
        ref: SubjectRef,
        contract: str,
        lasting: timedelta = timedelta(0),
    ) -> None:
        """Write down that an exchange runs, or waits for `lasting`, so that any process can say so."""
        await self._database.write(
            self._upsert,
            id=exchange_id,
            agency=agency,
            state="running",
            subject_ref=ref,
            contract=contract,
            answer=None,
            problem=None,
            expires_at=micros(now() + lasting + RUNNING),
        )

    async def end(self, exchange_id: ExchangeId, slug: str) -> None:
        """Write down that it was refused."""
        ended = update(exchanges).where(exchanges.c.id == exchange_id, exchanges.c.state == "running")
        expires = micros(now() + REMEMBERED)
        await self._database.write(ended.values(state="refused", problem=slug, expires_at=expires))

    async def read(self, exchange_id: str, agency: AgencyId) -> Answer | Refused | StillRunning:
        """Give the answer again, to the same agency, for as long as the contract lets it be kept.

        Reading again is a disclosure: it is on record before the answer is given, and like every other
        it waits for the record's witnesses.

        Raises:
            NotFoundError: unknown, another agency's, or no longer kept.
            UnwitnessedError: nothing may be released now.
        """
        query = (
            select(exchanges, subjects.c.wrapped_key, subjects.c.kek_version)
            .join(subjects, subjects.c.ref == exchanges.c.subject_ref)
            .where(exchanges.c.id == exchange_id, exchanges.c.agency == agency)
            .where(exchanges.c.expires_at > micros(now()))
        )
        rows = await self._database.fetch(query)
        if rows and rows[0].state == RECALLED:
            await self._purging.purge(exchange_id)
            rows = await self._database.fetch(query)
        if not rows:
            raise NotFoundError
        row = rows[0]
        if row.state == "running":
            return StillRunning()
        if row.state == "refused":
            return Refused(row.problem)
        return await self._opened(row)

    async def released(self, exchange_id: str, agency: AgencyId) -> Event:
        """Give the entry of a release to this agency.

        Raises:
            NotFoundError: there is none.
        """
        async with self._database.reading() as connection:
            found = await release_of(connection, exchange_id)
        if found is None or found.event.agency != agency:
            raise NotFoundError
        return found.event

    async def subject_of(self, ref: SubjectRef) -> tuple[Subject, Scheme]:
        """Open who a reference is, and how she can be named. Raises `SubjectUnfiledError`."""
        identity = await open_identity(self._database, self._ring, self._keeping.tenant, ref)
        return Subject(identity), identity.schemes[0]

    async def schemes_of(self, ref: SubjectRef) -> tuple[Scheme, ...]:
        """Say by which kinds of identifier a reference is known. Raises `SubjectUnfiledError`."""
        return (await open_identity(self._database, self._ring, self._keeping.tenant, ref)).schemes

    async def acknowledge(self, exchange_id: str, agency: AgencyId) -> None:
        """Put on record that the recipient has an answer, unless it said so before.

        Raises:
            NotFoundError: no release of that exchange to this agency.
        """
        async with self._database.reading() as connection:
            released = await release_of(connection, exchange_id)
            wanted = Filter(exchange_id=exchange_id, kind=Kind.DELIVERY, outcome=ACKNOWLEDGED)
            before = await search(connection, wanted, 1)
        if released is None or released.event.agency != agency:
            raise NotFoundError
        if before:
            return
        event = released.event
        await self._log.note(
            Event(
                kind=Kind.DELIVERY,
                at=now(),
                exchange_id=exchange_id,
                agency=agency,
                official=event.official,
                case=event.case,
                purpose=event.purpose,
                subject_ref=event.subject_ref,
                contract=event.contract,
                result=ACKNOWLEDGED,
                details={"release": released.index},
            )
        )

    async def _opened(self, row: Any) -> Answer:
        self._log.require_witnessed()
        async with self._database.reading() as connection:
            released = await release_of(connection, row.id)
        if released is None:
            raise NotFoundError
        key = SubjectKey.unwrap(self._ring, SubjectRef(row.subject_ref), row.wrapped_key, row.kek_version)
        body = orjson.loads(key.open(row.answer, self._keeping.context(row.id, row.contract)))
        receipt = self._log.reissue(released.event, released.index)
        await self._log.note(
            Event(
                kind=Kind.DELIVERY,
                at=now(),
                exchange_id=row.id,
                agency=row.agency,
                subject_ref=row.subject_ref,
                contract=row.contract,
                result="read-again",
            )
        )
        return Answer(body, receipt)

    async def claim(self, agency: AgencyId, route: str, key: str, body: bytes) -> Reply | StillRunning | None:
        """Take an Idempotency-Key: None means it is ours to answer, else what was answered before.

        Raises:
            IdempotencyConflictError: it was used with another body.
        """
        key_digest, body_digest = _digest(route.encode(), key.encode()), _digest(body)
        at = now()
        fresh = {
            "body_digest": body_digest,
            "status": None,
            "reply": None,
            "expires_at": micros(at + RUNNING),
        }
        try:
            await self._database.write(insert(replies), agency=agency, key=key_digest, **fresh)
        except IntegrityError:
            return await self._claimed(agency, key_digest, body_digest, at, fresh)
        return None

    async def _claimed(
        self, agency: AgencyId, key: str, body_digest: str, at: datetime, fresh: dict[str, Any]
    ) -> Reply | StillRunning | None:
        mine = (replies.c.agency == agency, replies.c.key == key)
        rows = await self._database.fetch(select(replies).where(*mine))
        if not rows:
            return StillRunning()
        row = rows[0]
        if row.expires_at <= micros(at):
            # Left by a process that died, or forgotten by now: the first to change the row takes it over.
            stale = update(replies).where(*mine, replies.c.expires_at == row.expires_at)
            return None if await self._database.write(stale.values(**fresh)) else StillRunning()
        if row.body_digest != body_digest:
            raise IdempotencyConflictError
        if row.status is None:
            return StillRunning()
        kept = orjson.loads(row.reply)
        return Reply(row.status, kept["body"].encode(), kept["headers"], kept["exchange_id"])

    async def settle(self, agency: AgencyId, route: str, key: str, reply: Reply | None) -> None:
        """Keep the reply for repetitions; None gives the key back, since nothing had any effect."""
        mine = (replies.c.agency == agency, replies.c.key == _digest(route.encode(), key.encode()))
        if reply is None:
            await self._database.write(delete(replies).where(*mine))
            return
        kept = {"body": reply.body.decode(), "headers": dict(reply.headers), "exchange_id": reply.exchange_id}
        values = {
            "status": reply.status,
            "reply": orjson.dumps(kept),
            "expires_at": micros(now() + REMEMBERED),
        }
        await self._database.write(update(replies).where(*mine).values(**values))


async def purge(database: Database) -> int:
    """Delete what may not be kept any longer; give how many rows went."""
    at = micros(now())
    gone = await database.write(delete(exchanges).where(exchanges.c.expires_at <= at))
    return gone + await database.write(delete(replies).where(replies.c.expires_at <= at))


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()
