"""The composition root: settings become services, services become the application. Alone reads settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from audit.log import Log
from audit.note import Signer
from audit.publisher import Publisher
from audit.vigil import Vigil
from config.settings import Settings
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId
from gateway.activation import contracts_in_force
from gateway.agencies import Agency, load_agencies
from gateway.answer import Keeping
from gateway.assessment.assessments import Assessments
from gateway.assessment.form import load_form
from gateway.background import stop
from gateway.bus import Bus, SecurityServer
from gateway.cases import Cases
from gateway.casework import Casework
from gateway.channels.service import Channels
from gateway.channels.telling import TellingAgencies
from gateway.chores import Chores
from gateway.clock import Clock
from gateway.connections import connect
from gateway.consent.approvals import Approvals
from gateway.consent.emergencies import Emergencies
from gateway.consent.using import ENDED, Uses
from gateway.consent.watching import GroundWatch
from gateway.drift import DriftAlarm
from gateway.exchange import Pipeline
from gateway.fitting import fit
from gateway.grounds import Grounds
from gateway.health import SourceHealth
from gateway.identity import Tokens
from gateway.kept import Kept
from gateway.offers.aid import beside
from gateway.offers.offering import Offering, open_offering
from gateway.outbox.service import Outbox, open_outbox
from gateway.oversight.notices import NoticeQueue
from gateway.oversight.services import Oversight
from gateway.politeness.calls import Calls
from gateway.referrals.service import Referring
from gateway.revisions import Revisions
from gateway.sealing.entrusted import Entrusted
from gateway.sealing.keys import KeyRing
from gateway.sealing.recognising import recognise
from gateway.storage.assertions import UsedAssertions
from gateway.storage.engine import Database
from gateway.storage.schema import require_current
from gateway.subjects import Subjects
from gateway.usage import Usage
from gateway.watching import Watching
from gateway.web.application import build_application
from gateway.web.facades.deployed import Facades, GovStack
from gateway.web.gate import Gate, Running
from gateway.witnesses import asking_witnesses, vigil_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every process of a deployment stands on: keys, database, record."""

    settings: Settings
    ring: KeyRing
    database: Database
    log: Log
    vigil: Vigil
    publisher: Publisher
    contracts: ContractStore
    agencies: Mapping[AgencyId, Agency]
    offering: Offering


@asynccontextmanager
async def lay_foundation(settings: Settings) -> AsyncIterator[Foundation]:
    """Open keys, database and record, and refuse if any of them is not what it should be.

    Raises:
        KeysUnusableError: the key file is missing, readable by others, or another deployment's.
        SchemaOutdatedError: the database is of another version.
        LogDamagedError: the record contradicts itself or what was signed.
        ContractInvalidError, AgenciesError: a file of the deployment is wrong; the message says where.
    """
    ring = KeyRing.load(settings.keys)
    contracts = ContractStore.load(settings.contracts, settings.signatories)
    agencies = load_agencies(settings.agencies)
    database = Database(settings.database.url)
    try:
        await require_current(database.engine)
        await recognise(database, ring)
        signer = Signer.of(ring.origin, ring.log_seed)
        publisher = Publisher(database.engine, signer)
        await publisher.check()
        limits = settings.witnesses
        vigil = vigil_of(limits.policy, limits.alarm_minutes, limits.stop_hours)
        async with database.reading() as connection:
            await vigil.look(connection)
        record = Log.at(database.url, signer, ENDED[database.dialect.name], vigil)
        try:
            offers = open_offering(
                database, record, ring, settings.tenant, agencies, settings.limits.applications
            )
            yield Foundation(settings, ring, database, record, vigil, publisher, contracts, agencies, offers)
        finally:
            await record.close()
    finally:
        await database.close()


def create_app(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None, clock: Clock | None = None
) -> ASGIApp:
    """Build the application of one gateway process, worker's chores included where the database is SQLite.

    `transport` stands in for the sockets (the simulators in-process, in tests), `clock` for the machine's.
    """
    metrics = CollectorRegistry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with lay_foundation(settings) as foundation, AsyncExitStack() as stack:
            app.state.gate = gate = await _open_gate(foundation, metrics, transport, clock or Clock(), stack)
            watching = gate.referring.watching(gate.pipeline, gate.agencies)
            stack.push_async_callback(stop, asyncio.create_task(watching.run()))
            store, base = foundation.contracts, foundation.database
            in_force = contracts_in_force(store, settings.contracts, foundation.log, base)
            await stack.enter_async_context(in_force)
            log.info("gateway.ready", sources=sorted(gate.pipeline.adapters), size=len(gate.agencies))
            yield
            await gate.running.finish()

    _, edge = build_application(lifespan, metrics, lambda: settings.limits.exchanges)
    return edge


async def _open_gate(
    foundation: Foundation,
    metrics: CollectorRegistry,
    transport: httpx.AsyncBaseTransport | None,
    clock: Clock,
    stack: AsyncExitStack,
) -> Gate:
    settings, database = foundation.settings, foundation.database
    vocabulary = foundation.contracts.vocabulary
    calls = Calls(database)
    adapters = await connect(settings, foundation.ring.index_key, transport, calls, stack)
    subjects = Subjects(database, foundation.ring, settings.tenant, vocabulary)
    channels = channels_of(foundation)
    stack.push_async_callback(channels.posting.close)
    outbox = outbox_of(foundation, channels, clock)
    referring = referring_of(foundation, outbox)
    asked = beside(adapters, foundation.offering, subjects)
    keeping = Keeping(database.dialect, settings.tenant)
    grounds = grounds_of(foundation)
    kept = Kept(database, foundation.ring, foundation.log, keeping, grounds.purging)
    oversight = Oversight.open(foundation)
    ledger = UsedAssertions(database)
    offering = foundation.offering
    await offering.partners.refresh()
    publishing = asyncio.create_task(foundation.publisher.run())
    stack.push_async_callback(stop, publishing)
    stack.push_async_callback(stop, asyncio.create_task(calls.run()))
    if policy := settings.witnesses.policy:
        every = settings.witnesses.every
        await stack.enter_async_context(
            asking_witnesses(
                policy, foundation.publisher, database, foundation.log, foundation.vigil, metrics, every
            )
        )
    if database.dialect.name == "sqlite":
        chores = asyncio.create_task(chores_of(foundation).run())
        stack.push_async_callback(stop, chores)
        stack.push_async_callback(stop, asyncio.create_task(outbox.worker.run()))
        telling = TellingAgencies(database, foundation.log, outbox.delivery)
        stack.push_async_callback(stop, asyncio.create_task(telling.run()))
        stack.push_async_callback(stop, asyncio.create_task(referring.run()))
    return Gate(
        pipeline=Pipeline(
            contracts=foundation.contracts,
            subjects=subjects,
            log=foundation.log,
            adapters=asked,
            keeping=keeping,
            health=SourceHealth(asked, metrics),
            uses=Uses(database.dialect),
            emergencies=Emergencies(database, foundation.ring, foundation.log, settings.tenant),
            usage=Usage(database),
            clock=clock,
            watch=GroundWatch(database),
            notices=NoticeQueue(database.dialect),
            drift=DriftAlarm(database, foundation.log, metrics),
        ),
        tokens=Tokens(offering.roster, ledger, foundation.ring.token_seed, settings.public_url),
        agencies=offering.roster,
        cases=Cases(database, foundation.log, subjects),
        grounds=grounds,
        offering=offering,
        outbox=outbox,
        channels=channels,
        referring=referring,
        approvals=Approvals(
            database, foundation.ring, foundation.log, grounds.consents, adapters, settings.tenant
        ),
        kept=kept,
        publisher=foundation.publisher,
        vigil=foundation.vigil,
        registries=adapters,
        database=database,
        largest_body=settings.limits.body_bytes,
        metrics=metrics,
        publishing=lambda: not publishing.done(),
        running=Running(settings.limits.exchanges),
        oversight=oversight,
        facades=Facades(
            place_on_bus(settings, foundation.agencies),
            settings.spdci.identifiers,
            GovStack.of(Revisions(database, foundation.log), settings.govstack.open_as, foundation.agencies)
            if settings.govstack.on
            else None,
        ),
        casework=Casework(
            Assessments(database, foundation.log, oversight.parts, grounds.consents, load_form()),
            Entrusted.load(settings.entrusted),
            Watching(),
            vocabulary,
            offering.codifier,
            kept,
            foundation.log,
        ),
        fittings=fit(settings, database, foundation.ring, foundation.log, (subjects, vocabulary), stack),
    )


def grounds_of(held: Foundation) -> Grounds:
    """Give what keeps a deployment's grounds."""
    return Grounds.over(held.database, held.ring, held.log, held.contracts.vocabulary, held.settings)


def chores_of(held: Foundation) -> Chores:
    """Give the background work of a deployment."""
    notices, messages = Oversight.open(held).notices, held.settings.messages
    tidy = grounds_of(held).tidy
    return Chores(held.log, held.database, held.ring, held.offering, notices, messages, tidy)


def channels_of(held: Foundation) -> Channels:
    """Give what reaches agencies; whoever opens it closes its `posting`."""
    settings = held.settings
    return Channels.over(
        held.database, held.log, held.ring, settings.tenant, settings.push, settings.public_url
    )


def outbox_of(held: Foundation, channels: Channels, clock: Clock) -> Outbox:
    """Give what pushes messages: the gateway submits, and works as well where the database is SQLite."""
    settings, words = held.settings, held.contracts.vocabulary
    return open_outbox(
        held.database,
        held.log,
        held.contracts,
        Subjects(held.database, held.ring, settings.tenant, words),
        held.offering.roster,
        settings.tenant,
        clock,
        channels=channels.by_kind,
        endpoints=channels.endpoints,
    )


def referring_of(held: Foundation, outbox: Outbox) -> Referring:
    """Give what keeps referrals, and hears of their messages in this process. Raises `ClocksError`."""
    return Referring.over(held.database, held.log, held.ring, held.contracts, outbox, held.settings)


def place_on_bus(settings: Settings, agencies: Mapping[AgencyId, Agency]) -> Bus | None:
    """Give our place on the bus where the settings name one. Raises `BusUnusableError`."""
    bus = settings.bus
    if not bus.member:
        return None
    server = SecurityServer.known_by(bus.peer, bus.proxy, bus.header)
    return Bus.of(bus.member, bus.url or settings.public_url, server, agencies, modern=bus.faults == "snake")
