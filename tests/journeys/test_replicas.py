"""Two gateway processes on one PostgreSQL: one record, one memory of what was used, one answer."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.journeys.forging import Forgery
from tests.journeys.house import ASSERTION_TYPE, House, open_house, query_about, query_of
from tests.journeys.program import Replica, replica_of
from tests.postgres import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = "/v1/social-history"


@pytest.fixture(scope="module")
def database(_shared_server: Server) -> Iterator[str]:
    """Give a database of this module's own."""
    name = f"replicas-{uuid.uuid4().hex}"
    _shared_server.create(name)
    yield _shared_server.url(name)
    _shared_server.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give the one process, which is this one."""
    async with open_house(tmp_path_factory.mktemp("replicas") / "deployment", database) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def other(house: House) -> AsyncIterator[Replica]:
    """Give the other process."""
    async with replica_of(house) as replica:
        yield replica


async def _ask(house: House, other: Replica, **headers: str) -> httpx.Response:
    sent = {**await house.bearer(), **headers}
    return await other.http.post(HISTORY, content=json.dumps(query_of()), headers=sent)


async def test_both_write_one_log_without_gap_or_fork(house: House, other: Replica, tmp_path: Path) -> None:
    """Asked at once through both, every answer has its own entry, and the log verifies offline."""
    asked = [each for _ in range(8) for each in (house.ask(), _ask(house, other))]
    answers = await asyncio.gather(*asked)
    indexes = [answer.json()["receipt"]["index"] for answer in answers]
    report = await house.verified(tmp_path, *(answer.json() for answer in answers))
    events = await house.events()

    assert {answer.status_code for answer in answers} == {200}
    assert len(set(indexes)) == len(answers)
    assert [event["index"] for event in events] == list(range(len(events)))
    assert report.ok, report.as_json()
    assert report.receipts == len(answers)


async def test_an_assertion_used_at_one_is_used_at_the_other(house: House, other: Replica) -> None:
    """A replay through the other process is refused; at once through both, one wins."""
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    used, fresh = Forgery().write(house), Forgery().write(house)
    first = await house.present(used)
    replayed = await other.http.post("/oauth/token", data={**form, "client_assertion": used})
    together = await asyncio.gather(
        house.present(fresh), other.http.post("/oauth/token", data={**form, "client_assertion": fresh})
    )

    assert (first.status_code, replayed.status_code) == (200, 401)
    assert Counter(answer.status_code for answer in together) == {200: 1, 401: 1}


async def test_a_key_used_at_one_is_used_at_the_other(house: House, other: Replica) -> None:
    """The same question with the same Idempotency-Key through both is one exchange."""
    key = str(uuid.uuid4())
    asked = [
        house.ask(Idempotency_Key=key), _ask(house, other, **{"Idempotency-Key": key}),
        house.ask(Idempotency_Key=key), _ask(house, other, **{"Idempotency-Key": key}),
    ]  # fmt: skip
    answers = await asyncio.gather(*asked)
    story = await house.story(answers[0].json()["exchange_id"])

    assert len({answer.text for answer in answers}) == 1
    assert [event["kind"] for event in story][:2] == ["intent", "release"]


async def test_an_answer_of_one_is_read_through_the_other(house: House, other: Replica) -> None:
    """While it runs the other knows of it; when it is done the other gives it, with the same receipt."""
    house.valve.close()
    accepted = await house.ask(Prefer="respond-async")
    place = accepted.headers["location"]
    running = await other.http.get(place, headers=await house.bearer())
    house.valve.open()
    mine = await house.fetched(place)
    theirs = await other.http.get(place, headers=await house.bearer())

    assert (accepted.status_code, running.status_code) == (202, 202)
    assert theirs.json() == mine.json()


async def test_a_consent_withdrawn_at_one_stops_the_release_at_the_other(
    house: House, other: Replica
) -> None:
    """There is one order of withdrawals and releases, whichever process writes them."""
    consent = (await house.post("/v1/consents", await house.consent("andrii"))).json()
    house.valve.close()
    asking = asyncio.create_task(house.ask(query_about("andrii")))
    await house.valve.holding()
    path = f"/v1/consents/{consent['id']}/withdrawal"
    withdrawn = await other.http.post(path, json={}, headers=await house.bearer())
    house.valve.open()
    refused = await asking

    assert (withdrawn.status_code, refused.status_code) == (200, 403)
    assert refused.json()["type"] == "/problems/consent-withdrawn"


async def test_a_case_opened_at_one_is_open_at_the_other(house: House, other: Replica) -> None:
    """Neither process keeps anything in memory that the other would need."""
    body = {
        "subject": query_about("amir")["subject"],
        "officials": [{"id": "worker-17"}],
        "opened": "2026-01-12",
    }
    await other.http.put("/v1/cases/KYIV-2026-000800", json=body, headers=await house.bearer())
    answer = await house.ask(query_about("amir", case="KYIV-2026-000800"))

    assert answer.status_code == 200
