"""Everything goes wrong for one person whose every value is known; afterwards it is looked for everywhere."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import urllib.parse
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence

import httpx
import pytest
import pytest_asyncio

from adapters.simulation import Kind
from contracts.vocabulary import Source
from tests.journeys.history import HISTORY
from tests.journeys.house import MARIA, House, case_of, open_house, query_about, query_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANARIES = [
    "бондаренко",
    "марія",
    "олександрівна",
    MARIA,
    "19900903-13025",
    "1990-09-03",
    "03.09.1990",
    "1990.09.03",
    "національний університет",
    "краківець",
    "центр зайнятості",
    "winter-support",
    "660000",
]
"""Her name, numbers and birth date as registries spell them, and values that only they know."""

NAMED = {
    "scheme": "name",
    "name": {"family": "Бондаренко", "given": "Марія", "patronymic": "Олександрівна"},
    "birth_date": "1990-09-03",
}


def _found_in(text: str) -> list[str]:
    """Give the canaries that a text holds, also escaped as JSON, as percent-encoding or in base64."""
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    encoded = re.findall(r"[A-Za-z0-9+/_-]{24,}", text)
    decoded = [
        base64.urlsafe_b64decode(each.replace("+", "-").replace("/", "_")[: len(each) // 4 * 4])
        for each in encoded
    ]
    everything = "\n".join([text, unescaped, urllib.parse.unquote(text), *map(_readable, decoded)]).lower()
    # A number is hers where it stands by itself: the digits of some measurement may hold it by chance.
    return [canary for canary in CANARIES if re.search(rf"(?<![\d.]){re.escape(canary)}(?!\d)", everything)]


def _readable(raw: bytes) -> str:
    return raw.decode("utf-8", "ignore")


async def _ask_in_every_way(house: House) -> Sequence[httpx.Response]:
    """Ask for her history so that it is refused or fails, in every way there is; give what was told."""
    wrong = [
        query_of(case=None),
        query_of(case="KYIV-2026-999999"),
        query_of(case=query_about("andrii")["case"]),
        query_of(purpose="curiosity"),
        query_of(subject={"scheme": "rnokpp", "value": "3311845623"}),
        query_of(subject={"scheme": "unzr", "value": "19900903-13026"}),
        query_of(subject={**NAMED, "value": MARIA}),
        query_of(subject={**NAMED, "birth_date": "1990-09-03T00:00:00"}),
        query_of(subject={"scheme": MARIA, "value": "x"}),
        query_of(Бондаренко="Марія"),
        query_of(official={"id": "Марія Бондаренко"}),
        query_of(emergency={"reason": "Бондаренко Марія, 1990-09-03, is in danger"}),
    ]
    answers = [await house.ask(query) for query in wrong]
    # What a careless agency puts into addresses, headers and keys is told nowhere either.
    paths = [f"/v1/cases/{MARIA}", "/v1/social-history/Бондаренко", f"/v1/consents?subject_ref={MARIA}"]
    answers += [await house.get(path) for path in (*paths, f"/{MARIA}", "/v1/audit/events?case=Марія")]
    answers.append(
        await house.put("/v1/cases/KYIV-2026-000120", case_of("andrii", identifiers={"unzr": "1"}))
    )
    answers.append(await house.post("/v1/consents", {"subject": NAMED, "evidence": "Бондаренко Марія"}))
    answers.append(await house.ask(Idempotency_Key=f"{MARIA}-1990-09-03"))
    answers.append(await house.ask(query_of(case=None), Idempotency_Key=f"{MARIA}-1990-09-03"))
    answers.append(await house.http.post("/v1/social-history", json=query_of()))
    return [answer for answer in answers if not answer.is_success]


async def _fail_in_every_way(house: House) -> None:
    """Let every registry fail in every way while she is asked about."""
    for kind in Kind:
        for source in sorted(HISTORY):
            house.faults.set(Source(source), kind)
        await house.ask(query_of(purpose="crisis-intervention"))
        await house.ask(
            query_of(sources=["health"]) if kind not in {Kind.SLOW, Kind.HANG} else query_of(case=None)
        )
    for source in sorted(HISTORY):
        house.faults.clear(Source(source))


async def _hang_up(house: House) -> None:
    """Leave before the answer, with and without a stream."""
    house.valve.close()
    for accept in ("application/json", "text/event-stream"):
        asking = asyncio.create_task(house.ask(Accept=accept))
        await house.underway()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    house.valve.open()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def places(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, str]]:
    """Do all of it once, and give what can be read afterwards, by where it stands."""
    folder = tmp_path_factory.mktemp("canaries") / "deployment"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with open_house(folder) as house:
            answered = await house.ask()
            await house.ask(query_of(subject=NAMED), Accept="text/event-stream")
            await house.fetched((await house.ask(Prefer="respond-async")).headers["location"])
            await house.get(f"/v1/social-history/{answered.json()['exchange_id']}")
            problems = await _ask_in_every_way(house)
            await _fail_in_every_way(house)
            await _hang_up(house)
            events = await house.events()
            one = await house.get(f"/v1/audit/events/{events[-1]['id']}", "auditor")
            page = {
                "metrics": (await house.http.get("/metrics")).text,
                "sources": (await house.get("/v1/sources")).text,
                "record": json.dumps(events, ensure_ascii=False) + one.text,
                "exchanges told": answered.text,
            }
    files = [path.read_bytes() for path in folder.glob("obmin.db*")]
    yield {
        **page,
        "problems": "\n".join(f"{problem.text}{problem.headers}" for problem in problems),
        "log": house.logs.getvalue(),
        "warnings": "\n".join(str(each.message) for each in caught),
        "database": "\n".join(_readable(content) for content in files),
    }


@pytest.mark.parametrize("place", ["metrics", "sources", "record", "problems", "log", "warnings"])
async def test_no_value_of_hers_is_left_behind(places: Mapping[str, str], place: str) -> None:
    """Asked about in every way, answered, refused and failed: nothing of her stands there."""
    assert _found_in(places[place]) == []


async def test_the_database_holds_her_only_sealed(places: Mapping[str, str]) -> None:
    """In the files of the database no value can be read, though her answers are kept in it."""
    raw = places["database"].lower()

    assert [canary for canary in CANARIES if canary in raw] == []


async def test_the_search_would_have_found_her(places: Mapping[str, str]) -> None:
    """The answer itself, which holds all of it, is found full of canaries; so are hidden spellings."""
    hidden = [
        json.dumps("Бондаренко"),
        urllib.parse.quote("Бондаренко"),
        base64.b64encode("Бондаренко Марія".encode()).decode(),
    ]

    assert len(_found_in(places["exchanges told"])) > 6
    assert [bool(_found_in(text)) for text in hidden] == [True, True, True]


async def test_the_log_and_the_record_have_something_to_say(places: Mapping[str, str]) -> None:
    """What was searched is not empty: failures, refusals and alarms are told by their codes."""
    assert all(
        word in places["record"] for word in ("wrong-person", "case-other-person", "refusal", "unknown")
    )
    assert all(word in places["log"] for word in ("source.alarm", "request.refused", "invalid-identifier"))
    assert "timed-out" in places["metrics"]
