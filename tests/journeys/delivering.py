"""A post office for one test: a database, the record, a person, a contract to push under, a receiver."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
from joserfc.jwk import ECKey
from sqlalchemy import insert, text
from starlette.applications import Starlette
from starlette.routing import Route

from audit.carried import undeclared
from audit.event import Event, Kind
from audit.log import Log
from audit.note import Signer
from audit.query import Filter, Recorded, stream
from config.settings import PACKAGE
from contracts.store import ContractStore
from contracts.vocabulary import (
    AgencyId,
    CaseId,
    ExchangeId,
    Field,
    Identity,
    OfficialId,
    Purpose,
    Scheme,
    Source,
    Subject,
    SubjectRef,
)
from gateway.agencies import Agency, Role
from gateway.clock import Clock
from gateway.commands.demo import listening, serving
from gateway.consent.using import ENDED
from gateway.outbox.channel import Endpoint
from gateway.outbox.claims import LEASE, Claims, Leased
from gateway.outbox.message import Draft, Message
from gateway.outbox.replays import Replay
from gateway.outbox.selection import Selection
from gateway.outbox.service import Outbox, open_outbox
from gateway.sealing.keys import KeyRing
from gateway.sealing.recipient import create_recipient_jwk, public_half
from gateway.storage.engine import Database, micros
from gateway.storage.schema import upgrade
from gateway.storage.tables import cases, consent_events, consents
from gateway.subjects import Subjects
from tests.journeys.receiving import CLINIC, CONTRACT, Addresses, Inbox, Plain

CASE_SYSTEM, WORKER = AgencyId("case-system"), OfficialId("worker-17")
CASE, PURPOSE = CaseId("KYIV-2026-000120"), Purpose("needs-assessment")
EDUCATION, HEALTH = Source("education"), Source("health")
BY_LAW = {EDUCATION: frozenset({Field("education.status")})}
BY_CONSENT = {HEALTH: frozenset({Field("health.needs_care")})}
SIGNER = Signer.of("obmin.example/log", bytes(range(32)))


@dataclass
class Post:
    """What a test talks to."""

    database: Database
    record: Log
    outbox: Outbox
    subject_ref: SubjectRef
    inbox: Inbox
    addresses: Addresses
    http: httpx.AsyncClient
    again: Callable[..., Outbox]
    begun: int = -1

    async def reset(self) -> None:
        """Forget all messages and consents, so that the next test begins as the first."""
        tables = (
            "inbox",
            "outbox_replays",
            "outbox_attempts",
            "outbox",
            "consent_uses",
            "consent_events",
            "consents",
        )
        for table in tables:
            await self.database.write(text(f"DELETE FROM {table}"))  # noqa: S608  constants
        self.inbox.begin_anew()
        self.addresses.known = dict(self.addresses.all)
        self.outbox = self.again()
        self.begun = max([each.index for each in await self._recorded()], default=-1)

    def draft(self, number: int = 0, **changes: Any) -> Draft:
        """Give a draft to the clinic, with changes."""
        members: dict[str, Any] = {
            "type": "obmin.test.sent",
            "agency": CLINIC,
            "sender": CASE_SYSTEM,
            "key": CASE,
            "subject_ref": self.subject_ref,
            "purpose": PURPOSE,
            "content": b'{"number":%d}' % number,
            "expires_at": datetime.now(UTC) + timedelta(days=7),
            "exchange_id": ExchangeId("019ab000-0000-7000-8000-000000000000"),
            "covers": BY_LAW,
            "case": CASE,
            "official": WORKER,
        }
        return Draft(**{**members, **changes})

    async def died(self, draft: Draft) -> Message:
        """Submit a message that its receiver refuses for good; give it as the dead letter that it is."""
        answers, self.inbox.answers = self.inbox.answers, [422]
        message = await self.outbox.delivery.submit(draft)
        await self.work()
        self.inbox.answers = answers
        self.inbox.came.clear()
        return await self.outbox.delivery.on_file(message.id)

    async def replay(self, selection: Selection, per_minute: int = 600) -> Replay:
        """Look at a replay and start it."""
        seen = await self.outbox.replays.preview(selection)
        official = OfficialId("operator-1")
        return await self.outbox.replays.start(
            selection, seen.token, AgencyId("operator"), official, per_minute
        )

    async def later(self) -> None:
        """Let a worker go on with replays, as if it were time."""
        await self.database.write(text("UPDATE outbox_replays SET next_at = 0"))
        await self.outbox.replays.round()

    async def work(self, rounds: int = 1) -> None:
        """Let the worker make some rounds and finish what it began."""
        for _ in range(rounds):
            await self.outbox.worker.round()
            await self.outbox.worker.drained()

    async def outlive(self, message: Message) -> None:
        """Let the time of a message be over."""
        past = text("UPDATE outbox SET expires_at = 1 WHERE seq = :seq")
        await self.database.write(past, seq=message.seq)

    async def hurry(self) -> None:
        """Make everything that waits fall due now."""
        await self.database.write(text("UPDATE outbox SET due_at = 0 WHERE state = 'ready'"))

    async def claim(self, lease: timedelta = LEASE) -> list[Leased]:
        """Take leases as a worker does."""
        return await Claims(self.database, lease).take({CLINIC: 10}, datetime.now(UTC))

    async def events(self) -> list[Event]:
        """Read what the record says of her messages."""
        found = [each.event for each in await self._recorded() if each.index > self.begun]
        return [event for event in found if event.subject_ref == self.subject_ref]

    async def recorded(self) -> list[Recorded]:
        """Read the entries about her messages, with their places."""
        return [each for each in await self._recorded() if each.index > self.begun]

    def noted(self) -> Event:
        """Give an entry that something came in."""
        return Event(kind=Kind.READ, at=datetime.now(UTC), agency=CASE_SYSTEM, result="search")

    async def refusals(self) -> list[Event]:
        """Read which messages were refused, whomever they were about."""
        found = [each.event for each in await self._recorded() if each.index > self.begun]
        return [event for event in found if event.result == "refused"]

    async def _recorded(self) -> list[Recorded]:
        async with self.database.reading() as connection:
            found = [each async for each in stream(connection, Filter(kind=Kind.PUSH))]
        assert not [lack for each in found for lack in undeclared(each.event)]
        return found

    async def stored(self) -> bytes:
        """Read everything that is kept of messages' contents."""
        rows = await self.database.fetch(text("SELECT content, covers, code FROM outbox"))
        return b" ".join(
            value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row
        )

    async def story(self) -> list[tuple[str, str]]:
        """Give result and reason of each entry."""
        return [(event.result, event.reason) for event in await self.events()]

    async def attempts(self, message: Message) -> list[tuple[int, str]]:
        """Give number and code of each attempt that did not end well."""
        return [(each.number, each.code) for each in await self.outbox.letters.attempts(message)]

    def in_days(self, days: int) -> datetime:
        """Give the instant so many days from now."""
        return datetime.now(UTC) + timedelta(days=days)

    async def all_states(self) -> dict[str, int]:
        """Count messages by state."""
        counted = text("SELECT state, count(*) AS many FROM outbox GROUP BY state")
        return {row.state: row.many for row in await self.database.fetch(counted)}

    async def states(self) -> list[str]:
        """Give the state of every message, in order."""
        return [message.state.value for message in await self.outbox.letters.where()]

    async def consent(self, **changes: object) -> str:
        """Put her consent on file that the clinic is told of her health; give its id."""
        at, name = micros(datetime.now(UTC) - timedelta(days=1)), "019ab000-0000-7000-8000-00000000c0de"
        until = micros(datetime.now(UTC) + timedelta(days=30))
        row = {
            "id": name, "subject_ref": self.subject_ref, "consumer": CLINIC, "purpose": PURPOSE,
            "sources": '["health"]', "given_by": "self", "evidence": "paper", "notice_digest": "",
            "language": "uk", "given_at": at, "until": until, "recorded_by": CASE_SYSTEM,
            "operations": '["push"]',
        }  # fmt: skip
        await self.database.write(insert(consents).values(row | changes))
        await self._consent_event(name, "given", at)
        return name

    async def withdraw(self, consent: str) -> None:
        """Withdraw it."""
        await self._consent_event(consent, "withdrawn", micros(datetime.now(UTC)))

    async def _consent_event(self, consent: str, kind: str, at: int) -> None:
        row = {"consent_id": consent, "kind": kind, "at": at, "by": CASE_SYSTEM, "reason": ""}
        await self.database.write(insert(consent_events).values(row))


def library_with(folder: Path, *contracts: str) -> Path:
    """Copy our library and add contracts to it."""
    shutil.copytree(PACKAGE / "contracts" / "library", folder)
    for number, contract in enumerate(contracts):
        (folder / f"test-{number}.toml").write_text(contract, "utf-8")
    return folder


@asynccontextmanager
async def open_post(
    folder: Path, url: str, clock: Clock | None = None, *, prepared: bool = False
) -> AsyncIterator[Post]:
    """Open a post office in a folder, on the database at `url`."""
    async with AsyncExitStack() as stack:
        database = Database(url)
        stack.push_async_callback(database.close)
        if not prepared:
            await upgrade(database.engine)
        if not (folder / "keys.json").exists():
            KeyRing.create(folder / "keys.json", "obmin.example/log")
            library_with(folder / "library", CONTRACT)
            (folder / "clinic.jwk").write_bytes(orjson.dumps(create_recipient_jwk("clinic-1")))
        ring, contracts = KeyRing.load(folder / "keys.json"), ContractStore.load(folder / "library")
        record = Log.at(url, SIGNER, ENDED[database.dialect.name])
        stack.push_async_callback(record.close)
        subjects = Subjects(database, ring, "default", contracts.vocabulary)
        registration = await subjects.register(
            Subject(Identity({Scheme("rnokpp"): "3311845622"}, None, date(1990, 9, 3)))
        )
        filed = Event(
            kind=Kind.CASE,
            at=datetime.now(UTC),
            agency=CASE_SYSTEM,
            subject_ref=registration.ref,
            result="filed",
        )
        if registration.statements:
            await record.note(filed, registration.statements)
            await database.write(
                insert(cases).values(
                    agency=CASE_SYSTEM, id=CASE, subject_ref=registration.ref,
                    officials='["worker-17"]', opened="2026-01-12", closed=None, version=1,
                )
            )  # fmt: skip
        jwk = orjson.loads((folder / "clinic.jwk").read_bytes())
        inbox = Inbox(jwk)
        listener = stack.enter_context(listening(0))
        app = Starlette(routes=[Route("/in", inbox.take, methods=["POST"])])
        await stack.enter_async_context(serving(app, listener))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/in"
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=5, trust_env=False))
        addresses = Addresses({CLINIC: Endpoint(CLINIC, "plain", address)})
        recipient = ECKey.import_key(public_half(jwk))
        clinic = Agency(CLINIC, {"uk": "Лікарня", "en": "Clinic"}, frozenset({Role.PARTNER}), {}, recipient)

        def again(**changes: Any) -> Outbox:
            """Put together another process's outbox over the same database."""
            parts: dict[str, Any] = {
                "database": database, "record": record, "contracts": contracts, "subjects": subjects,
                "agencies": {CLINIC: clinic}, "tenant": "default", "clock": clock or Clock(),
                "channels": {"plain": Plain(http)}, "endpoints": addresses,
            }  # fmt: skip
            return open_outbox(**{**parts, **changes})

        yield Post(database, record, again(), registration.ref, inbox, addresses, http, again)
