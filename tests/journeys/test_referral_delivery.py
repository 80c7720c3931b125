"""Referrals on their way: they arrive when the receiver is up, remind, escalate, and can be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from audit.carried import undeclared
from gateway.app import channels_of, lay_foundation, outbox_of, referring_of
from gateway.clock import Clock
from gateway.referrals.service import Referring
from gateway.storage.engine import Database, micros, now
from gateway.storage.referral_tables import referrals
from tests.journeys.house import MARIA, House
from tests.journeys.posting import Receiver, content_of, deleted, receiving, registered
from tests.journeys.referring import PHONE, referred, results, seen, stepped
from tests.journeys.test_bench import parsed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def receiver(common: House) -> AsyncIterator[Receiver]:
    """Give the clinic's receiver, registered; the clinic has no endpoint before and after."""
    async with receiving() as opened:
        await registered(common, opened)
        yield opened
    await deleted(common)


@asynccontextmanager
async def beside(house: House) -> AsyncIterator[Referring]:
    """Open what reminds and escalates beside a house."""
    async with lay_foundation(house.settings) as foundation:
        channels = channels_of(foundation)
        yield referring_of(foundation, outbox_of(foundation, channels, Clock()))
        await channels.posting.close()


async def overdue(house: House, referral: str, hours: int) -> None:
    """Let the time of a referral be over, or nearly so, as if days had passed."""
    due, database = now() - timedelta(hours=hours), Database(house.settings.database.url)
    values = {"due_at": micros(due), "remind_at": micros(now() - timedelta(hours=1))}
    await database.write(update(referrals).where(referrals.c.id == referral).values(**values))
    await database.close()


async def standing(house: House, referral: str, state: str) -> dict[str, Any]:
    """Wait until a referral stands somewhere; give it as its sender sees it."""
    async with asyncio.timeout(20):
        while (shown := await seen(house, referral, "case-system"))["state"] != state:  # noqa: ASYNC110  over HTTP
            await asyncio.sleep(0.05)
    return shown


async def told(house: House, receiver: Receiver, kind: str) -> list[dict[str, Any]]:
    """Wait for a message of a type; give the contents of all that came."""
    async with asyncio.timeout(20):
        while kind not in [event["type"] for event in receiver.came]:
            await receiver.messages(len(receiver.came) + 1)
    return [content_of(house, event) for event in receiver.came if event["type"] == kind]


async def test_what_arrives_is_received_and_grows_with_acceptance(common: House, receiver: Receiver) -> None:
    """The message's arrival is the receipt; acceptance sends what the contract gives besides."""
    made = await referred(common)
    received = await standing(common, made["id"], "received")
    (first,) = await told(common, receiver, "obmin.referral.sent")
    await stepped(common, made["id"], "acceptance")
    (more,) = await told(common, receiver, "obmin.referral.opened")
    statement = (
        await common.post(
            "/v1/statements", {"subject": {"scheme": "rnokpp", "value": MARIA}}, "person-portal"
        )
    ).json()
    mine = next(each for each in statement["referrals"] if each["referral"] == made["id"])

    assert received["delivery"]["state"] == "delivered"
    assert first["fields"]["person.birth_date"] == "35-59"
    assert "referral.phone" not in first["fields"]
    assert more["fields"]["referral.phone"] == PHONE
    assert "направила вас до: Поліклініка (демо)" in mine["text"]["uk"]


async def test_a_revoked_referral_is_taken_back_from_its_way(common: House) -> None:
    """What has not left is cancelled; the record has it, and the receiver cannot answer any more."""
    made = await referred(common)
    revoked = await stepped(common, made["id"], "revocation", "case-system", reason="no-longer-needed")
    shown = await seen(common, made["id"], "case-system")

    assert revoked.json()["state"] == "revoked"
    assert (shown["delivery"]["state"], shown["delivery"]["code"]) == ("cancelled", "no-longer-needed")


async def test_a_receiver_that_was_told_is_told_of_the_end(common: House, receiver: Receiver) -> None:
    """A revocation after arrival is a message that holds nothing of the person."""
    made = await referred(common)
    await standing(common, made["id"], "received")
    await stepped(common, made["id"], "revocation", "case-system", reason="no-longer-needed")
    (ended,) = await told(common, receiver, "obmin.referral.revoked")

    assert (ended["referral"], ended["stage"], ended["reason"]) == (made["id"], "revoked", "no-longer-needed")
    assert "fields" not in ended


async def test_whoever_is_late_is_reminded_then_it_is_escalated(common: House) -> None:
    """Once each, on record; the list of what is overdue has it, with the role that it goes to."""
    made = await referred(common)
    await overdue(common, made["id"], -5)
    async with beside(common) as referring:
        await referring.reminding.round()
        await referring.reminding.round()
        reminded = await results(common, made["id"])
        await overdue(common, made["id"], 5)
        await referring.reminding.round()
        await referring.reminding.round()
    late = (await common.get("/v1/referrals", overdue="true", limit="200")).json()["referrals"]
    waiting = await common.stored("SELECT type FROM outbox")

    assert reminded == ["sent", "reminded"]
    assert await results(common, made["id"]) == ["sent", "reminded", "escalated"]
    assert [each["escalated_to"] for each in late if each["id"] == made["id"]] == ["head-of-service"]
    assert {"obmin.referral.reminder", "obmin.referral.overdue"} <= set(waiting.split())


async def test_an_answer_ends_the_lateness(common: House) -> None:
    """Accepting sets a new deadline and takes the escalation back."""
    made = await referred(common)
    await overdue(common, made["id"], 5)
    async with beside(common) as referring:
        await referring.reminding.round()
    accepted = await stepped(common, made["id"], "acceptance")
    shown = await seen(common, made["id"], "case-system")

    assert accepted.status_code == 200
    assert shown["escalated_to"] == ""
    assert shown["due_at"] > made["due_at"]


async def test_every_entry_is_as_the_table_says(common: House) -> None:
    """No entry of these stories lacks what an auditor may count on, or says more."""
    made = await referred(common)
    await stepped(common, made["id"], "rejection", reason="no-capacity", words="ні")
    moved = await referred(common, content={"referral.service": "retraining"})
    passed = {"official": {"id": "worker-17"}, "receiver": "career-centre"}
    await common.post(f"/v1/referrals/{moved['id']}/transfer", passed)
    events = [each for each in await common.events() if each["kind"] in {"referral", "push"}]
    strays = {event["kind"]: undeclared(parsed(event)) for event in events if undeclared(parsed(event))}

    assert strays == {}
    assert {"rejected", "transferred"} <= {event["result"] for event in events}
