"""Every page of the cabinets, on a record of 100,000 entries and 10,000 offers: first byte, and bytes."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from sqlalchemy import select
from starlette.routing import Route

from audit.event import Event, Kind
from audit.log import Log
from gateway.app import lay_foundation
from gateway.offers.areas import load_codifier, within
from gateway.offers.taxonomy import Taxonomy
from gateway.signin.officials import Cabinet
from gateway.storage.engine import Database, now
from gateway.storage.offer_tables import offer_areas, offers
from gateway.storage.tables import cases
from gateway.web.application import ROUTES
from tests.benchmarks.offers import load, make_offer
from tests.cabinets import at_cabinet
from tests.journeys.house import CASE, House, open_house

EVENTS, OFFERS, HERS = 100_000, 10_000, 500
"""`HERS` of the entries are about the person who opens her own pages."""
AT_ONCE = 400
TIMES = 15
FIRST_MS, COLD_KB, WARM_KB = 50.0, 150.0, 15.0
"""The targets: milliseconds to the first byte at the median, kB with a cold cache, kB with a warm one."""
_ASSET = re.compile(r'(?:href|src)="(/assets/[^"]+\.(?:css|js|svg))"')


@dataclass(frozen=True, slots=True)
class PageFigure:
    """One page."""

    page: str
    status: int
    first_byte_ms: float
    cold_kb: float
    warm_kb: float
    met: bool


def measure_pages(folder: Path, share: float) -> list[PageFigure]:
    """Fill a house and open every page that has an address of its own; `share` of the full sizes."""
    return asyncio.run(_measure(folder, share))


async def _measure(folder: Path, share: float) -> list[PageFigure]:
    async with open_house(folder / "pages") as house:
        await house.ask()
        async with lay_foundation(house.settings) as foundation:
            people = await foundation.database.fetch(select(cases.c.id, cases.c.subject_ref))
            refs = {row.id: row.subject_ref for row in people}
            others = [(case, ref) for case, ref in refs.items() if ref != refs[CASE]]
            await _remember(foundation.log, others, int((EVENTS - HERS) * share))
            await _remember(foundation.log, [(CASE, refs[CASE])], HERS)
            await _offer(foundation.database, int(OFFERS * share))
        who = {
            Cabinet.CASEWORK: "worker-17",
            Cabinet.PARTNERING: "partner-1",
            Cabinet.AUDITING: "auditor-1",
            Cabinet.OPERATING: "operator-1",
            Cabinet.PERSONAL: str(refs[CASE]),
        }
        return [each for cabinet in Cabinet for each in await _cabinet(house, cabinet, who[cabinet])]


async def _cabinet(house: House, cabinet: Cabinet, who: str) -> list[PageFigure]:
    async with at_cabinet(house, who) as browser:
        return [await _page(browser, address) for address in addresses(cabinet)]


async def _page(browser: httpx.AsyncClient, address: str) -> PageFigure:
    taken, status, text, size = [], 0, "", 0
    for _ in range(TIMES):
        began = time.perf_counter()
        async with browser.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as response:
            taken.append((time.perf_counter() - began) * 1000)
            status, raw = response.status_code, [chunk async for chunk in response.aiter_raw()]
            size = sum(map(len, raw))
    text = (await browser.get(address)).text
    assets = 0
    for asset in sorted(set(_ASSET.findall(text))):
        async with browser.stream("GET", asset, headers={"Accept-Encoding": "gzip"}) as response:
            assets += sum([len(chunk) async for chunk in response.aiter_raw()])
    first, cold, warm = (round(each, 1) for each in (median(taken), (size + assets) / 1000, size / 1000))
    met = first <= FIRST_MS and cold <= COLD_KB and warm <= WARM_KB
    return PageFigure(address, status, first, cold, warm, met)


def addresses(cabinet: Cabinet) -> Sequence[str]:
    """Give the pages of a cabinet whose address says it all."""
    return sorted(set(_addresses(cabinet)))


def _addresses(cabinet: Cabinet) -> Iterator[str]:
    for route in ROUTES:
        path = getattr(route, "path", "")
        reads = isinstance(route, Route) and "GET" in (route.methods or ())
        if reads and path.startswith(f"/cabinet/{cabinet.value}/") and "{" not in path:
            yield path


async def _remember(log: Log, people: Sequence[tuple[str, str]], count: int) -> None:
    """Put exchanges on record: each an intent and its release, about people of the demo."""
    dice = random.Random(1)  # noqa: S311  made-up entries
    source = {"source": "education", "status": "answered", "fields": ["education.status"]}
    room = asyncio.Semaphore(AT_ONCE)

    async def exchange(number: int) -> None:
        case, ref = dice.choice(people)
        for kind, result in ((Kind.INTENT, ""), (Kind.RELEASE, "released")):
            async with room:
                await log.note(
                    Event(
                        kind=kind,
                        at=now(),
                        exchange_id=f"bench-{ref[:8]}-{number:08}",
                        agency="case-system",
                        official="worker-17",
                        case=case,
                        purpose="needs-assessment",
                        subject_ref=ref,
                        result=result,
                        details={"sources": [source]},
                    )
                )

    await asyncio.gather(*(exchange(number) for number in range(count // 2)))


async def _offer(database: Database, count: int) -> None:
    taxonomy = Taxonomy.load()
    codes = list(load_codifier(taxonomy.areas).names)
    dice = random.Random(1)  # noqa: S311  made-up offers
    made = [make_offer(dice, number, codes, taxonomy) for number in range(count)]
    await load(database, offers, [{**row, "partner": "partner"} for row, _ in made])
    await load(
        database,
        offer_areas,
        (
            {"area": area, "category": row["category"], "offer_id": row["id"], "beside": area != narrow}
            for row, narrow in made
            for area in within(narrow, taxonomy.areas)
        ),
    )
