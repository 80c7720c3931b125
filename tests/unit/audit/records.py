"""What the tests of the record are made of: mandates, events, databases, exported folders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from audit.event import Event, Kind, SourceOutcome
from audit.log import Log
from audit.note import Signer
from audit.store import Statement
from audit.tables import audit_metadata
from contracts.contract import Basis, Contract, FieldRule, Grant, Ground, Mandate, Permit, Terms
from contracts.vocabulary import AgencyId, CaseId, ExchangeId, Field, OfficialId, Purpose, Source, SubjectRef

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SIGNER = Signer.of("obmin.example/log", bytes(range(32)))
HEALTH, EDUCATION = Source("health"), Source("education")
GROUP, STATUS = Field("health.disability_group"), Field("education.status")
CONSENT = "consent-1"

ENDED = {
    "sqlite": "SELECT id, 0, 'withdrawn' FROM ended WHERE id IN (SELECT value FROM json_each(?, '$.ids'))",
    "postgresql": "SELECT id, 0, 'withdrawn' FROM ended "
    "WHERE id IN (SELECT jsonb_array_elements_text($1::jsonb -> 'ids'))",
}
END_CONSENT = {
    "sqlite": "INSERT INTO ended (id) VALUES (?)",
    "postgresql": "INSERT INTO ended (id) VALUES ($1)",
}


def dialect(url: str) -> str:
    """Name the database of a URL."""
    return url.partition("+")[0]


async def prepare(url: str) -> None:
    """Create the record's tables, and one of consents that have ended."""
    async with engine_at(url) as engine, engine.begin() as connection:
        await connection.run_sync(audit_metadata.create_all)
        await connection.execute(text("CREATE TABLE ended (id TEXT NOT NULL PRIMARY KEY)"))


@asynccontextmanager
async def engine_at(url: str) -> AsyncIterator[AsyncEngine]:
    """Give an engine that is disposed of at the end."""
    engine = create_async_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def log_at(url: str, signer: Signer = SIGNER) -> AsyncIterator[Log]:
    """Give a log that is closed at the end."""
    log = Log.at(url, signer, ENDED[dialect(url)])
    try:
        yield log
    finally:
        await log.close()


async def rows_of(url: str, query: str) -> list[tuple[Any, ...]]:
    """Read rows past the log."""
    async with engine_at(url) as engine, engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


def event(kind: Kind = Kind.TOKEN, exchange_id: str = "", at: datetime = NOW, **members: Any) -> Event:
    """Give an event of little content."""
    return Event(kind=kind, at=at, exchange_id=exchange_id, agency="case-system", **members)


def mandate(exchange_id: str = "exchange-1", until: datetime | None = None) -> Mandate:
    """Give a mandate for health by consent and education by law."""
    terms = {
        source: Terms(source, {field: FieldRule()}, basis, "Art. 1", required=False, deadline=timedelta(1))
        for source, field, basis in ((HEALTH, GROUP, Basis.CONSENT), (EDUCATION, STATUS, Basis.LAW))
    }
    contract = Contract(
        id="needs-assessment",
        version=3,
        digest="sha-256:00",
        consumer=AgencyId("case-system"),
        purpose=Purpose("needs-assessment"),
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
        case_required=True,
        minors=False,
        keep=timedelta(hours=72),
        deadline=timedelta(seconds=5),
        terms=terms,
    )
    grounds = {
        HEALTH: Ground(Basis.CONSENT, CONSENT, "Art. 1", until),
        EDUCATION: Ground(Basis.LAW, "", "Art. 2"),
    }
    return Mandate(
        grant=Grant(contract, contract.consumer, contract.purpose, terms),
        exchange_id=ExchangeId(exchange_id),
        official=OfficialId("worker-17"),
        case=CaseId("KYIV-2026-000123"),
        subject_ref=SubjectRef("subject-1"),
        permits={source: Permit(terms[source], terms[source].fields, grounds[source]) for source in terms},
        withheld={Source("border"): "identifier-missing"},
    )


def outcomes(health: str = "answered") -> list[SourceOutcome]:
    """Give what was found: education by law, health by consent if it answered."""
    found = {
        "answered": SourceOutcome(
            "health", "answered", [GROUP], basis="consent", ground_id=CONSENT, citation="Art. 1"
        ),
        "unavailable": SourceOutcome("health", "unavailable", reason="timed-out"),
    }
    law = SourceOutcome("education", "answered", [STATUS], message_id="m-1", basis="law", citation="Art. 2")
    return [law, found[health]]


def withdrawal(url: str, consent: str = CONSENT) -> Statement:
    """Give the companion that ends a consent."""
    return Statement(END_CONSENT[dialect(url)], (consent,))
