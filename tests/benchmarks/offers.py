# ruff: noqa: E501  rows are written as the tables have them
"""Offers at size: finding one among many, a run on the last hundred, a report over a million deliveries."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from sqlalchemy import insert, select

from audit.log import Log
from audit.note import Signer
from contracts.vocabulary import AgencyId, CaseId, OfficialId, SubjectRef
from gateway.consent.using import ENDED
from gateway.faults import ConflictError
from gateway.offers.allocation import Beneficiary, Need
from gateway.offers.areas import Area, area_of, load_codifier, within
from gateway.offers.capacity import Capacity
from gateway.offers.offer import State
from gateway.offers.offers import Offers
from gateway.offers.reports.reports import PUBLIC, Reports
from gateway.offers.reports.template import Cohort
from gateway.offers.search import Wanted, search
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import Database, now
from gateway.storage.offer_tables import allocations, offer_areas, offers
from gateway.storage.schema import upgrade
from gateway.storage.tables import subjects

OFFERS, DELIVERIES, CALLERS, PLACES = 200_000, 1_000_000, 1_000, 100
CHUNK = 2_000
IN_FLIGHT = 256
"""What a gateway process takes on at once (`LimitSettings`)."""
ZHYTOMYR = Area("UA1804019001")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured."""

    database: str
    measure: str
    figure: str
    target: str


async def measure_offers(url: str, share: float) -> list[Figure]:
    """Measure on one database; `share` of the full sizes."""
    database = Database(url)
    await upgrade(database.engine)
    log = Log.at(url, Signer.of("bench.example/log", secrets.token_bytes(32)), ENDED[database.dialect.name])
    name = database.dialect.name
    try:
        await _fill(database, share)
        return [
            *await _searches(database, name),
            await _run(database, log, name),
            await _report(database, log, name),
        ]
    finally:
        await log.close()
        await database.close()


async def _fill(database: Database, share: float) -> None:
    taxonomy = Taxonomy.load()
    codes = list(load_codifier(taxonomy.areas).names)
    dice = random.Random(1)  # noqa: S311  made-up offers
    async with database.engine.begin() as connection:
        await connection.execute(
            insert(subjects),
            [{"ref": "0" * 32, "wrapped_key": b"", "kek_version": 1, "identity": b"", "masks": "[]"}],
        )
    made = [make_offer(dice, number, codes, taxonomy) for number in range(int(OFFERS * share))]
    await load(database, offers, [row for row, _ in made])
    places = (
        {"area": area, "category": row["category"], "offer_id": row["id"], "beside": area != narrow}
        for row, narrow in made
        for area in within(narrow, taxonomy.areas)
    )
    await load(database, offer_areas, places)
    await load(
        database, allocations, (_delivery(dice, n, made, codes) for n in range(int(DELIVERIES * share)))
    )


async def load(database: Database, table: Any, rows: Any) -> None:
    """Write many rows, a portion at a time."""
    pending: Iterator[Any] = iter(rows)
    while chunk := list(islice(pending, CHUNK)):
        async with database.engine.begin() as connection:
            await connection.execute(insert(table), chunk)


def make_offer(
    dice: random.Random, number: int, codes: Sequence[str], taxonomy: Taxonomy
) -> tuple[dict[str, Any], Area]:
    """Make a published offer up: its row, and the area it is for."""
    code, category = dice.choice(codes), dice.choice(list(taxonomy.categories))
    content = {
        "external_id": f"o-{number}", "kind": "goods", "category": category, "title": "Offer", "description": "",
        "quantity": 100, "unit": "", "value": None, "currency": None, "areas": [code],
        "criteria": {"factors": dice.choice([[], ["war-damage"]]), "sex": "", "age_from": dice.choice([None, 18]),
                     "age_to": None, "household_from": None, "children_under": None},
        "languages": [], "accessible": False, "valid_from": "2026-01-01", "valid_until": "2030-12-31",
        "lead_days": 0, "delivery": "pick-up", "conditions": "", "documents": "", "contact": "", "funding": "",
        "iati": "",
    }  # fmt: skip
    row = {
        "id": f"{number:036}", "partner": f"p{number % 50}", "external_id": f"o-{number}", "state": "published",
        "kind": "goods", "category": category, "content": orjson.dumps(content).decode(), "digest": "", "total": 100,
        "reserved": 0, "delivered": 0, "valid_from": "2026-01-01", "valid_until": "2030-12-31",
        "confirmed_at": number, "version": 1, "import_id": None,
    }  # fmt: skip
    return row, area_of(code, taxonomy.areas)


def _delivery(dice: random.Random, number: int, made: Any, codes: Sequence[str]) -> dict[str, Any]:
    row, _ = made[number % len(made)]
    return {
        "id": f"{number:036}", "offer_id": row["id"], "agency": "a", "official": "o", "case_id": "c",
        "subject_ref": "0" * 32, "state": "delivered", "quantity": 1, "expires_at": 0, "promised_at": 0, "due_at": 0, "accepted": True,
        "counted_on": f"2025-{number % 12 + 1:02}-15", "partner": row["partner"], "kind": "goods",
        "category": row["category"], "person_key": dice.getrandbits(32), "age_band": "18-59",
        "sex": ("female", "male")[number % 2], "factor": "war-damage", "area": codes[number % len(codes)][:12],
    }  # fmt: skip


async def _searches(database: Database, name: str) -> list[Figure]:
    wanted = Wanted("food", ZHYTOMYR, factors=frozenset({"war-damage"}), age=30)
    taxonomy = Taxonomy.load()

    async def plain() -> object:
        return await database.fetch(select(offers).where(offers.c.import_id == "none"))

    ours = await _median(lambda: search(database, wanted, taxonomy, now()))
    theirs = await _median(plain)
    found = await search(database, wanted, taxonomy, now())
    return [
        Figure(name, f"search, {len(found)} shown, median", f"{ours:.1f} ms", "≤ 30 ms"),
        Figure(name, "a plain query on one indexed column, median", f"{theirs:.2f} ms", ""),
    ]


async def _median(call: Callable[[], Awaitable[object]], times: int = 40) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


async def _run(database: Database, log: Log, name: str) -> Figure:
    """Let a thousand callers at once take one of a hundred."""
    kept = Offers(database, log, Taxonomy.load())
    offer = await kept.get(f"{0:036}")
    capacity = Capacity(database, log, secrets.token_bytes(32))
    whom = Beneficiary(AgencyId("a"), OfficialId("o"), CaseId("c"), SubjectRef("0" * 32))
    need = Need("18-59", "female", "war-damage", ZHYTOMYR)

    room = asyncio.Semaphore(IN_FLIGHT)

    async def one() -> bool:
        async with room:
            try:
                await capacity.hold(await kept.get(offer.id), whom, need, 1)
            except ConflictError:
                return False
            return True

    began = time.perf_counter()
    outcomes = await asyncio.gather(*(one() for _ in range(CALLERS)))
    rate = CALLERS / (time.perf_counter() - began)
    assert sum(outcomes) == PLACES, "oversold or undersold"
    assert (await kept.get(offer.id)).state is State.EXHAUSTED
    return Figure(
        name, f"{CALLERS} holds at once on {PLACES}: {sum(outcomes)} kept", f"{rate:.0f}/s", "≥ 300/s"
    )


async def _report(database: Database, log: Log, name: str) -> Figure:
    cohort = Cohort("area-by-sex", Area("UA"), date(2025, 1, 1), date(2025, 12, 31))
    began = time.perf_counter()
    await Reports(database, log, Taxonomy.load()).tell(PUBLIC, cohort)
    return Figure(name, "a report over all deliveries", f"{time.perf_counter() - began:.1f} s", "≤ 2 s")


def sqlite_url(folder: Path) -> str:
    """Give the URL of a fresh database in a folder."""
    return f"sqlite+aiosqlite:///{folder / 'offers.db'}"
