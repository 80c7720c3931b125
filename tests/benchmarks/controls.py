"""What each control costs by itself, on the real contract, a full answer and a real file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.base import Answered
from audit.log import Log
from audit.note import Signer
from audit.tables import audit_metadata
from contracts.contract import Grant, Mandate
from contracts.decision import decide
from contracts.facts import CaseFact, ConsentFact, Facts
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, CaseId, ExchangeId, OfficialId, Purpose, Source, SubjectRef
from gateway.agencies import Agency, Role
from gateway.answer import outcomes
from gateway.collection import Finding, Status
from gateway.disclosure import Disclosure, minimise
from gateway.identity import Tokens
from gateway.sealing.envelope import Context, SubjectKey
from gateway.sealing.keys import KeyRing
from gateway.sealing.recipient import seal_for
from gateway.storage.engine import now

ROOT = Path(__file__).parents[2]
AGENCY, PURPOSE, OFFICIAL = AgencyId("case-system"), Purpose("needs-assessment"), OfficialId("worker-17")
ORIGIN = "http://127.0.0.1:8000"
BATCHES, BATCH = 7, 300


@dataclass(frozen=True, slots=True)
class Cost:
    """What one control takes for one answer, in microseconds: the median of several batches."""

    control: str
    microseconds: float


def measure_controls(folder: Path) -> list[Cost]:
    """Measure every control that the pipeline adds to plain asking."""
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Cost]:
    library = ContractStore.load(ROOT / "contracts" / "library")
    grant = library.permit(AGENCY, PURPOSE, now())
    mandate = _mandate(grant)
    findings = _findings()

    def reduce() -> Disclosure:
        return minimise(findings, mandate, library.vocabulary, frozenset(), sealable=True, on=now().date())

    return [
        *await _measure_tokens(),
        Cost("contract and narrowing", _time(lambda: library.permit(AGENCY, PURPOSE, now()))),
        Cost("decision, five sources", _time(lambda: decide(grant, _facts(), now()))),
        Cost("minimise", _time(reduce)),
        *_measure_sealing(folder, mandate, reduce()),
        *await _measure_record(folder, mandate, reduce()),
    ]


async def _measure_tokens() -> list[Cost]:
    tokens, token = await _issued()
    fresh = [await _issued() for _ in range(10 * BATCHES)]
    first = median(_once(each, new) for each, new in fresh)
    return [
        Cost("token, the first time", first),
        Cost("token, known", _time(lambda: tokens.authenticate(token, now()))),
    ]


def _measure_sealing(folder: Path, mandate: Mandate, disclosure: Disclosure) -> list[Cost]:
    key, _wrapped, _version = SubjectKey.create(
        KeyRing.create(folder / "keys.json", "bench.example/log"), mandate.subject_ref
    )
    context = Context("default", "exchanges", mandate.exchange_id, "answer", mandate.grant.contract.digest)
    recipient = ECKey.generate_key("P-256", {"kid": "bench"})
    kept = b"x" * 2048
    return [
        Cost("envelope of a kept answer, 2 kB", _time(lambda: key.seal(kept, context))),
        Cost("sealed fields, one JWE", _time(lambda: seal_for(recipient, disclosure, mandate, now()))),
    ]


async def _measure_record(folder: Path, mandate: Mandate, disclosure: Disclosure) -> list[Cost]:
    async with _log(folder) as log:

        async def exchange() -> None:
            intent = await log.intend(mandate, now())
            await log.release(intent, mandate, outcomes(disclosure, mandate), at=now())

        return [
            Cost("intent and release on SQLite, alone", await _time_waiting(exchange, waiters=1)),
            Cost("intent and release on SQLite, 50 at once", await _time_waiting(exchange, waiters=50)),
        ]


@asynccontextmanager
async def _log(folder: Path) -> AsyncIterator[Log]:
    url = f"sqlite+aiosqlite:///{folder / 'record.db'}"
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(audit_metadata.create_all)
    await engine.dispose()
    log = Log.at(
        url,
        Signer.of("bench.example/log", bytes(range(32))),
        "SELECT value, 0, '' FROM json_each(?, '$.ids') WHERE 0",
    )
    try:
        yield log
    finally:
        await log.close()


def _time(action: Callable[[], object]) -> float:
    batches = []
    for _ in range(BATCHES):
        began = time.perf_counter()
        for _ in range(BATCH):
            action()
        batches.append((time.perf_counter() - began) / BATCH)
    return 1e6 * median(batches)


def _once(tokens: Tokens, token: str) -> float:
    began = time.perf_counter()
    tokens.authenticate(token, now())
    return 1e6 * (time.perf_counter() - began)


async def _time_waiting(action: Callable[[], Awaitable[None]], waiters: int) -> float:
    batches = []
    for _ in range(BATCHES):
        began = time.perf_counter()
        for _ in range(max(1, BATCH // waiters)):
            await asyncio.gather(*(action() for _ in range(waiters)))
        batches.append((time.perf_counter() - began) / (max(1, BATCH // waiters) * waiters))
    return 1e6 * median(batches)


class _Ledger:
    async def use(self, agency: str, jti: str, until: datetime) -> bool:
        """Take every assertion for a new one: what is measured here is the token."""
        del agency, jti, until
        return True


async def _issued() -> tuple[Tokens, str]:
    key = OKPKey.generate_key("Ed25519", {"kid": "bench"})
    public = OKPKey.import_key(key.as_dict(private=False))
    agency = Agency(AGENCY, {"en": "bench"}, frozenset({Role.CASE_SYSTEM}), {"bench": public}, None)
    tokens = Tokens({AGENCY: agency}, _Ledger(), bytes(range(32)), ORIGIN)
    claims = {
        "iss": AGENCY,
        "sub": AGENCY,
        "aud": f"{ORIGIN}/oauth/token",
        "jti": "once",
        "exp": int(now().timestamp()) + 240,
    }
    header = {"alg": "EdDSA", "kid": "bench"}
    assertion = jws.serialize_compact(header, orjson.dumps(claims), key, algorithms=["EdDSA"])
    token, _seconds = await tokens.issue(assertion, now())
    return tokens, token


def _facts() -> Facts:
    given = now() - timedelta(days=1)
    consent = ConsentFact(
        id="consent-1",
        consumer=AGENCY,
        purpose=PURPOSE,
        sources=frozenset({Source("health")}),
        given_at=given,
        until=given + timedelta(days=365),
        given_by="self",
    )
    case = CaseFact(open=True, same_person=True, officials=frozenset({OFFICIAL}))
    return Facts(official=OFFICIAL, case=case, age=36, consents=(consent,))


def _mandate(grant: Grant) -> Mandate:
    decision = decide(grant, _facts(), now())
    return Mandate(
        grant=grant,
        exchange_id=ExchangeId("bench"),
        official=OFFICIAL,
        case=CaseId("KYIV-2026-000123"),
        subject_ref=SubjectRef("0" * 32),
        permits=decision.permits,
        withheld=decision.withheld,
    )


def _findings() -> dict[Source, Finding]:
    """Read what the simulated registries say of the main person, as their own samples mean it."""
    found = {}
    for path in sorted(ROOT.glob("adapters/*/samples/records.json")):
        source = Source(path.parts[-3])
        values = orjson.loads(path.read_bytes())["maria"]["means"]
        found[source] = Finding(source, Status.ANSWERED, answer=Answered(values, now()), message_id="m-1")
    return found
