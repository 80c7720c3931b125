"""What became of data that was told: agencies are sent word, acknowledge it, and are reminded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from gateway.app import channels_of, lay_foundation, outbox_of
from gateway.channels.telling import TellingAgencies
from gateway.clock import Clock
from tests.journeys.house import House, query_about, query_of
from tests.journeys.posting import OFFICIAL, changed, content_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORDS = "Канарейка: групу інвалідності скасовано торік"


@asynccontextmanager
async def telling(house: House) -> AsyncIterator[TellingAgencies]:
    """Give what tells agencies, beside the house."""
    async with lay_foundation(house.settings) as foundation:
        outbox = outbox_of(foundation, channels_of(foundation), Clock())
        yield TellingAgencies(foundation.database, foundation.log, outbox.delivery)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def teller(house_of: House) -> AsyncIterator[TellingAgencies]:
    """Give what tells agencies, beside the house."""
    async with telling(house_of) as opened:
        yield opened


async def fetched(house: House, agency: str, kind: str) -> list[dict[str, Any]]:
    """Wait for messages of a kind; acknowledge everything that was fetched."""
    async with asyncio.timeout(20):
        while True:
            waiting = (await house.get("/v1/messages", agency)).json()["messages"]
            for each in waiting:
                await house.post(f"/v1/messages/{each['id']}/acknowledgement", {}, agency)
            if found := [each for each in waiting if each["type"] == kind]:
                return found
            await asyncio.sleep(0.05)


async def withdrawn(house: House, key: str) -> str:
    """Let the case system receive something on a consent, and withdraw it; give the consent."""
    given = (await house.post("/v1/consents", await house.consent(key), "person-portal")).json()
    told = (await house.ask(query_about(key, sources=["health"]))).json()
    await house.post(f"/v1/consents/{given['id']}/withdrawal", {}, "person-portal")
    assert told["sources"]["health"]["status"] in {"answered", "unknown"}
    return str(given["id"])


async def test_a_recall_reaches_whoever_received_something(house_of: House, teller: TellingAgencies) -> None:
    """The recipient is sent which consent, which exchanges and until when; it holds nothing of the person."""
    consent = await withdrawn(house_of, "oleksandr-kyiv")
    await teller.round()
    (event,) = await fetched(house_of, "case-system", "obmin.recall.made")
    content = content_of(house_of, event, "case-system")
    again = await teller.round()
    acknowledged = await house_of.post(
        content["acknowledgement"], {"official": "worker-17", "outcome": "deleted"}
    )

    assert content["consent"] == consent
    assert len(content["exchanges"]) == 1
    assert content.keys() == {"consent", "exchanges", "due_on", "acknowledgement"}
    assert again == 0
    assert acknowledged.status_code == 200


async def test_who_does_not_answer_is_reminded_once(house_of: House, teller: TellingAgencies) -> None:
    """After ten working days a second message goes out, with an entry that says so; and no third."""
    consent = await withdrawn(house_of, "ihor")
    await teller.round()
    await changed(house_of, f"UPDATE recalls SET due_on = '2026-01-02' WHERE consent_id = '{consent}'")  # noqa: S608  ours
    await teller.round()
    (reminder,) = await fetched(house_of, "case-system", "obmin.recall.reminder")
    third = await teller.round()
    recorded = [
        each for each in await house_of.events(kind="consent") if each["result"] == "recall-unanswered"
    ]
    overdue = (await house_of.get("/v1/recalls", "operator")).json()["recalls"]

    assert content_of(house_of, reminder, "case-system")["consent"] == consent
    assert third == 0
    assert [each["details"]["consent"] for each in recorded] == [consent]
    assert [each["consent"] for each in overdue if each["overdue"]] == [consent]


async def requested(house: House) -> tuple[str, str]:
    """Let the case system be told of health and report a field; give correction and exchange."""
    answer = (await house.ask(query_of(sources=["health"]))).json()
    body = {
        "exchange_id": answer["exchange_id"],
        "source": "health",
        "field": "health.needs_care",
        "official": {"id": "worker-17"},
        "statement": WORDS,
    }
    made = await house.post("/v1/corrections", body)
    assert made.status_code == 201, made.text
    return made.json()["id"], answer["exchange_id"]


async def test_a_request_for_correction_reaches_the_registers_owner(house_of: House) -> None:
    """It is sent how it finds the person in its own record, and reads the words where they are."""
    correction, _ = await requested(house_of)
    (event,) = await fetched(house_of, "clinic", "obmin.correction.requested")
    content = content_of(house_of, event)
    words = await house_of.get(content["statement"], "clinic")
    foreign = await house_of.get(content["statement"], "career-centre")
    stored = await house_of.stored("SELECT entry FROM audit_entries")

    assert content["correction"] == correction
    assert content["answered"]
    assert "Канарейка" not in str(content)
    assert words.json()["statement"] == WORDS
    assert foreign.status_code == 404
    assert "Канарейка" not in stored + house_of.logs.getvalue()


async def test_a_correction_reaches_every_past_recipient(house_of: House, teller: TellingAgencies) -> None:
    """By the record: who was told the field is sent word, must acknowledge, and is listed until it does."""
    correction, exchange = await requested(house_of)
    answered = await house_of.post(
        f"/v1/corrections/{correction}/answer", {"outcome": "corrected", **OFFICIAL}, "clinic"
    )
    twice = await house_of.post(
        f"/v1/corrections/{correction}/answer", {"outcome": "refused", **OFFICIAL}, "clinic"
    )
    await teller.round()
    event = (await fetched(house_of, "case-system", "obmin.correction.made"))[-1]
    content = content_of(house_of, event, "case-system")
    listed = (await house_of.get("/v1/corrections/unanswered", "operator")).json()["corrections"]
    done = await house_of.post(content["acknowledgement"], {"official": {"id": "worker-17"}})
    again = await house_of.post(content["acknowledgement"], {"official": {"id": "worker-17"}})
    left = (await house_of.get("/v1/corrections/unanswered")).json()["corrections"]

    assert (answered.json()["state"], twice.status_code) == ("corrected", 409)
    assert content["correction"] == correction
    assert exchange in content["exchanges"]
    assert [each["agency"] for each in listed] == ["case-system"]
    assert (done.status_code, again.status_code) == (200, 409)
    assert done.json()["acknowledged_at"]
    assert left == []


async def test_a_refused_correction_is_nobodys_duty(house_of: House, teller: TellingAgencies) -> None:
    """Where the owner keeps its entry nobody has to put anything right."""
    correction, _ = await requested(house_of)
    await house_of.post(f"/v1/corrections/{correction}/answer", {"outcome": "refused", **OFFICIAL}, "clinic")

    assert await teller.round() == 0


async def test_only_the_owner_answers(house_of: House) -> None:
    """Neither another agency nor who asked answers for the register; nor acknowledges it."""
    correction, _ = await requested(house_of)
    place = f"/v1/corrections/{correction}"
    foreign = await house_of.post(f"{place}/answer", {"outcome": "corrected", **OFFICIAL}, "career-centre")
    own = await house_of.post(f"{place}/answer", {"outcome": "corrected", **OFFICIAL})
    claimed = await house_of.post(f"{place}/acknowledgement", OFFICIAL, "career-centre")

    assert [foreign.status_code, own.status_code, claimed.status_code] == [404, 404, 404]
