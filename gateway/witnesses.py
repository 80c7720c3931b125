"""The gateway's side of witnessing: sockets to the witnesses, alarms on record, the limit on being alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import structlog
from prometheus_client import CollectorRegistry, Gauge

from adapters.protocols.transport import SocketTransport
from audit.election import elected
from audit.event import Event, Json, Kind
from audit.log import Log
from audit.policy import Policy, PolicyError
from audit.publisher import Publisher
from audit.vigil import NO_QUORUM, Vigil, told_last
from audit.witnessing import Witnessing
from contracts.vocabulary import ObminError
from gateway.storage.engine import Database, now, translated

log = structlog.get_logger()

PATIENCE = 10.0
"""Seconds for one witness to answer."""
LARGEST_REPLY = 64 * 1024
GRAVE = frozenset({"rollback", "fork", "bad-signature", "replayed"})
"""What a witness tells of that no honest log and witness come to; the rest may be a bad day."""


@dataclass(slots=True)
class Watch:
    """Keeps the vigil of one process up to date, and sees that the record tells of alarm and end, once.

    Every gateway looks, for each must stop by itself; the record says what has been told already.
    """

    database: Database
    record: Log
    vigil: Vigil
    every: float = 5.0
    known: str = ""

    async def run(self) -> None:
        """Look again and again, until cancelled; while the database is away, time goes on."""
        while True:
            try:
                await self.look()
            except ObminError as error:
                log.warning("witnesses.unseen", code=type(error).__name__)
            await asyncio.sleep(self.every)

    async def look(self) -> None:
        """Look once; tell what no gateway has told."""
        async with self.database.reading() as connection:
            await self.vigil.look(connection)
        state = self.vigil.state
        if not self.known or _calm(state) is not _calm(self.known):
            await self._tell(state)

    async def _tell(self, state: str) -> None:
        """Put a turn on record unless it is there. Whoever is not elected just now looks again later."""
        with translated():
            async with elected(self.database.engine, "alarm") as connection:
                if connection is None:
                    return
                told = await told_last(connection)
                await connection.rollback()  # nothing stays open while the record is written to
                if _calm(told) is not _calm(state):
                    await self.record.note(_alarm(state, NO_QUORUM, {}))
                self.known = state


def _calm(state: str) -> bool:
    return state == "ready"


@asynccontextmanager
async def asking_witnesses(
    policy: Path,
    publisher: Publisher,
    database: Database,
    record: Log,
    vigil: Vigil,
    metrics: CollectorRegistry,
    every: float,
) -> AsyncIterator[None]:
    """Have witnesses look at the log for as long as the context is open."""
    alone = Gauge(
        "obmin_record_unwitnessed_seconds", "Age of the oldest head without a quorum", registry=metrics
    )

    def seconds() -> float:
        return vigil.alone.total_seconds()

    alone.set_function(seconds)

    async def tell(witness: str, code: str) -> None:
        log.warning("witness.said", source=witness, code=code)
        if code in GRAVE:
            await record.note(_alarm("witness", code, {"witness": witness}))

    async with AsyncExitStack() as stack:
        post = await stack.enter_async_context(post_office())
        witnessing = Witnessing(
            database.engine, publisher.signer.verifier, load_policy(policy), post.send, tell, now, every
        )
        watch = Watch(database, record, vigil, min(every, 5.0))
        for work in (witnessing.run(), watch.run()):
            stack.push_async_callback(_stop, asyncio.create_task(work))
        yield


@dataclass(frozen=True, slots=True)
class Post:
    """Requests to witnesses, each within its time."""

    client: httpx.AsyncClient
    patience: float = PATIENCE

    async def send(self, url: str, body: bytes) -> tuple[int, bytes]:
        """Post a request; an `OSError` where no whole answer came."""
        try:
            async with (
                asyncio.timeout(self.patience),
                self.client.stream("POST", url, content=body) as response,
            ):
                content = b""
                async for part in response.aiter_raw():
                    content += part
                    if len(content) > LARGEST_REPLY:
                        raise ConnectionError
                return response.status_code, content
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            raise ConnectionError from None


@asynccontextmanager
async def post_office(patience: float = PATIENCE) -> AsyncIterator[Post]:
    """Give sockets to witnesses, closed at the end."""
    async with httpx.AsyncClient(transport=SocketTransport(), timeout=None) as client:  # noqa: S113
        yield Post(client, patience)


def _alarm(result: str, reason: str, details: dict[str, Json]) -> Event:
    return Event(kind=Kind.ALARM, at=now(), agency="gateway", result=result, reason=reason, details=details)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class PolicyUnusableError(ObminError):
    """The witnesses' policy cannot be read; the message says where."""


def load_policy(path: Path) -> Policy:
    """Read a policy file."""
    try:
        return Policy.parse(path.read_text("utf-8", "surrogateescape"))
    except (OSError, PolicyError) as error:
        raise PolicyUnusableError(f"{path}: {error}") from None


def vigil_of(policy: Path | None, alarm_minutes: float, stop_hours: float) -> Vigil:
    """Give the vigil of a deployment; one without witnesses is never alone."""
    if policy is None:
        return Vigil(now)
    return Vigil(now, timedelta(minutes=alarm_minutes), timedelta(hours=stop_hours))
