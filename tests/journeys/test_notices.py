"""A person is told that she was asked about: once, over a safe way, never what the law forbids to tell."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from gateway.app import lay_foundation
from gateway.oversight.services import Oversight
from tests.journeys.house import MARIA, House, query_about, query_of
from tests.journeys.oversight import ME, erased


async def sent(house: House, folder: Path) -> list[dict[str, Any]]:
    """Send what is due; give the messages that lie in the folder."""
    async with lay_foundation(house.settings) as foundation:
        await Oversight.open(foundation).notices.send(folder)
    return written(folder)


def written(folder: Path) -> list[dict[str, Any]]:
    """Read the messages in a folder."""
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]


async def test_a_release_takes_its_notice_with_it(house: House, tmp_path: Path) -> None:
    """One message for the case, naming every registry, in both languages, and an entry that says so."""
    await house.ask()
    (message,) = await sent(house, tmp_path / "messages")
    recorded = await house.events(kind="notice")

    assert message["channel"] == "portal"
    assert "Electronic health system" in message["text"]["en"]
    assert "Case system (demo) asked for data about you" in message["text"]["en"]
    assert "запитала відомості про вас" in message["text"]["uk"]
    assert MARIA not in str(message)
    assert [event["result"] for event in recorded] == ["sent"]


async def test_a_person_is_told_once_of_each_case_and_registry(house: House, tmp_path: Path) -> None:
    """However often the same case system asks."""
    await asyncio.gather(*(house.ask() for _ in range(5)))
    first = await sent(house, tmp_path / "messages")
    await house.ask()
    second = await sent(house, tmp_path / "messages")

    assert len(first) == len(second) == 1


async def test_another_case_is_told_of(lite: House, tmp_path: Path) -> None:
    """Each case is a reason of its own."""
    await lite.ask()
    await lite.ask(query_of(case="KYIV-2026-000121"))

    assert len(await sent(lite, tmp_path / "messages")) == 2


async def test_a_refused_query_owes_no_notice(lite: House, tmp_path: Path) -> None:
    """Nothing left, so nothing was written."""
    await lite.ask(query_of(case="KYIV-2026-999999"))

    assert await sent(lite, tmp_path / "messages") == []


async def test_a_person_at_risk_waits_for_a_safe_contact(house: House, tmp_path: Path) -> None:
    """Nothing goes to an address that somebody else may read; with a safe one on file it goes there."""
    olena = query_about("olena")
    await house.ask(olena)
    before = await sent(house, tmp_path / "messages")
    contact = {"subject": olena["subject"], "channel": "sms", "address": "+380671112233"}
    kept = await house.put("/v1/contacts", contact, "person-portal")
    (message,) = await sent(house, tmp_path / "messages")

    assert before == []
    assert kept.status_code == 204
    assert (message["channel"], message["address"]) == ("sms", "+380671112233")


async def test_a_contact_stands_nowhere_in_the_clear(house: House) -> None:
    """It is sealed under the person's key, and the record has only that it was kept."""
    contact = {"subject": ME, "channel": "sms", "address": "+380671112233"}
    await house.put("/v1/contacts", contact, "person-portal")
    kept = await house.stored("SELECT contact FROM safe_contacts UNION ALL SELECT entry FROM audit_entries")

    assert "+380671112233" not in kept
    assert "safe-contact" in kept


async def test_notices_go_with_the_person(house: House) -> None:
    """After an erasure nobody is told of anything."""
    await house.ask()
    await erased(house, subject=ME)

    assert await house.stored("SELECT count(*) FROM notices") == "0"


async def test_an_answer_that_arrived_is_acknowledged_once(house: House) -> None:
    """The recipient says so; the record has it once, and nobody else can say it."""
    answer = (await house.ask()).json()
    place = f"/v1/social-history/{answer['exchange_id']}/acknowledgement"
    first, second = await house.post(place, b""), await house.post(place, b"")
    unknown = await house.post("/v1/social-history/unknown/acknowledgement", b"")
    recorded = await house.events(kind="delivery", outcome="acknowledged")

    assert [first.status_code, second.status_code, unknown.status_code] == [204, 204, 404]
    assert [event["details"] for event in recorded] == [{"release": answer["receipt"]["index"]}]
