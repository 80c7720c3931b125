"""Messages over HTTP: operators see all, senders their own, nobody sees whom they are about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from audit.event import new_id
from contracts.vocabulary import AgencyId, CaseId, ExchangeId, Field, OfficialId, Purpose, Source, SubjectRef
from gateway.app import channels_of, lay_foundation, outbox_of
from gateway.clock import Clock
from gateway.outbox.message import Draft
from gateway.outbox.service import Outbox
from tests.journeys.house import CASE, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

DELIVERIES, REPLAYS = "/v1/deliveries", "/v1/deliveries/replays"
UNTIL, OVERDUE = timedelta(days=1), timedelta(seconds=-1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outbox(common: House) -> AsyncIterator[Outbox]:
    """Give another process's outbox over the house's database."""
    async with lay_foundation(common.settings) as foundation:
        yield outbox_of(foundation, channels_of(foundation), Clock())


async def draft_of(house: House, lasting: timedelta = UNTIL) -> Draft:
    """Give a message from the case system to the clinic about the main person."""
    ref = await house.stored(f"SELECT subject_ref FROM cases WHERE id = '{CASE}'")  # noqa: S608  a constant
    return Draft(
        type="obmin.test.sent",
        agency=AgencyId("clinic"),
        sender=AgencyId("case-system"),
        key=new_id(),
        subject_ref=SubjectRef(ref),
        purpose=Purpose("assessment-contribution"),
        content=b"{}",
        expires_at=datetime.now(UTC) + lasting,
        exchange_id=ExchangeId(new_id()),
        covers={Source("referral"): frozenset({Field("referral.need")})},
        case=CaseId(CASE),
        official=OfficialId("worker-17"),
    )


async def test_sender_and_operator_see_a_message_without_the_person(common: House, outbox: Outbox) -> None:
    """Where it stands is told, and nothing by which she could be found."""
    draft = await draft_of(common)
    await outbox.delivery.submit(draft)
    mine = await common.get(f"{DELIVERIES}/{draft.id}")
    listed = await common.get(DELIVERIES, "operator", limit="1000", state="ready")

    assert mine.json()["state"] == "ready"
    assert mine.json()["failed_attempts"] == []
    assert draft.id in [each["id"] for each in listed.json()["deliveries"]]
    assert draft.subject_ref not in mine.text + listed.text


async def test_other_agencies_messages_are_unknown(common: House, outbox: Outbox) -> None:
    """Who neither sent it nor operates the gateway may not look, and an unknown id is unknown."""
    draft = await draft_of(common)
    await outbox.delivery.submit(draft)
    foreign = await common.get(f"{DELIVERIES}/{draft.id}", "partner")
    missing = await common.get(f"{DELIVERIES}/{new_id()}", "operator")

    assert (foreign.status_code, missing.status_code) == (403, 404)


async def test_a_message_is_listed_page_by_page(common: House, outbox: Outbox) -> None:
    """`next` leads through all of them in the order of the record."""
    await outbox.delivery.submit(await draft_of(common))
    await outbox.delivery.submit(await draft_of(common))
    first = (await common.get(DELIVERIES, limit="1")).json()
    second = (await common.get(DELIVERIES, limit="1", after=str(first["next"]))).json()

    assert first["deliveries"][0]["id"] != second["deliveries"][0]["id"]


async def test_its_sender_takes_a_message_back_once(common: House, outbox: Outbox) -> None:
    """A cancelled message is never sent; a second cancellation is a conflict; both name who."""
    draft = await draft_of(common)
    await outbox.delivery.submit(draft)
    path, body = f"{DELIVERIES}/{draft.id}/cancellation", {"official": "worker-17"}
    done = await common.post(path, body)
    again = await common.post(path, body)
    events = [event for event in await common.story(draft.exchange_id) if event["result"] == "cancelled"]

    assert (done.status_code, done.json()["state"]) == (200, "cancelled")
    assert again.status_code == 409
    assert [event["details"]["official"] for event in events] == ["worker-17"]


async def test_a_dead_letter_has_its_reason_and_next_step(common: House, outbox: Outbox) -> None:
    """Whoever looks reads what happened and what to do, in both languages."""
    draft = await draft_of(common, OVERDUE)
    await outbox.delivery.submit(draft)
    await outbox.tending.round()
    english = await common.http.get(
        f"{DELIVERIES}/{draft.id}", headers=await common.bearer() | {"Accept-Language": "en"}
    )
    ukrainian = await common.get(f"{DELIVERIES}/{draft.id}")

    assert (english.json()["state"], english.json()["code"]) == ("dead", "expired")
    assert english.json()["next_step"].startswith("The time for it is over")
    assert ukrainian.json()["next_step"].startswith("Строк доставки минув")


async def test_a_replay_is_previewed_started_and_stopped(common: House, outbox: Outbox) -> None:
    """An operator sees the counts first; the replay starts from exactly these and can be stopped."""
    draft = await draft_of(common, OVERDUE)
    await outbox.delivery.submit(draft)
    await outbox.tending.round()
    selection = {"ids": [draft.id]}
    seen = (await common.post(f"{REPLAYS}/preview", {"selection": selection}, "operator")).json()
    body = {"selection": selection, "preview": seen["preview"], "official": "operator-1", "per_minute": 12}
    started = await common.post(REPLAYS, body, "operator")
    stopped = await common.post(f"{started.headers['location']}/stop", {"official": "operator-1"}, "operator")
    listed = (await common.get(REPLAYS, "operator")).json()["replays"]
    events = [event for event in await common.events(kind="replay") if event["result"] == "started"]

    assert seen["counts"] == {"send": 0, "change": 1, "skip": 0, "refuse": 0}
    assert seen["messages"] == [
        {
            "id": draft.id,
            "agency": "clinic",
            "type": draft.type,
            "fate": "change",
            "reason": "expiry-extended",
        }
    ]
    assert started.status_code == 202
    assert stopped.json()["state"] in {"stopped", "done"}
    assert listed[0]["id"] == started.json()["id"]
    assert events[-1]["official"] == "operator-1"


@pytest.mark.parametrize(
    ("body", "agency", "status"),
    [
        ({"selection": {}, "preview": "0" * 64, "official": "operator-1"}, "operator", 409),
        ({"selection": {}, "preview": "0" * 64, "official": "operator-1"}, "case-system", 403),
        ({"selection": {}, "preview": "short", "official": "operator-1"}, "operator", 422),
        ({"selection": {"ids": []}, "preview": "0" * 64, "official": "operator-1"}, "operator", 422),
        ({"selection": {"every": 1}, "preview": "0" * 64, "official": "operator-1"}, "operator", 422),
        ({"selection": {}, "preview": "0" * 64}, "operator", 422),
    ],
)
async def test_a_replay_that_nobody_may_start(
    common: House, body: dict[str, Any], agency: str, status: int
) -> None:
    """Without the token of a preview, the role, or a name nothing starts."""
    refused = await common.post(REPLAYS, body, agency)

    assert refused.status_code == status
