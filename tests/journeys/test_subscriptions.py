"""An agency asks to be told when a fact changes for a person in an open case, and is told that alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.storage.engine import Database
from gateway.storage.referral_tables import subscriptions
from tests.journeys.house import CASE, MARIA, House, case_of, open_house, query_about
from tests.journeys.posting import Receiver, content_of, deleted, receiving, registered

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = "/v1/subscriptions"
AT = "2026-11-25T10:00:00Z"


class Editor:
    """Stands before the registries; `edits` is what it changes in what education says."""

    def __init__(self, registries: ASGIApp) -> None:
        self._registries = registries
        self.edits: tuple[bytes, bytes] = (b"", b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one question, edited."""
        if scope["type"] != "http" or not scope["path"].startswith("/education"):
            await self._registries(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._registries(scope, receive, hold)
        body = b"".join(message.get("body", b"") for message in held).replace(*self.edits)
        headers = [pair for pair in held[0]["headers"] if pair[0].lower() != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await send({**held[0], "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def edited(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, Editor]]:
    """Give a house whose education register can change its mind."""
    editors: list[Editor] = []

    def front(registries: ASGIApp) -> ASGIApp:
        editors.append(Editor(registries))
        return editors[0]

    async with open_house(tmp_path_factory.mktemp("house") / "deployment", front=front) as opened:
        yield opened, editors[0]


def message(*wanted: dict[str, Any], **header: Any) -> dict[str, Any]:
    """Write SPDCI's `subscribe`, about the main person where nothing else is said."""
    return {
        "signature": "",
        "header": {
            "version": "1.0.0",
            "message_id": "m-1",
            "message_ts": AT,
            "action": "subscribe",
            "sender_id": "case-system",
            "receiver_id": "obmin",
            "total_count": len(wanted),
            "is_msg_encrypted": False,
            "meta": {"official": "worker-17", "case": CASE},
            **header,
        },
        "message": {"transaction_id": "t-1", "subscribe_request": list(wanted)},
    }


def wanted(reference: str = "ref-1", **changes: Any) -> dict[str, Any]:
    """Give one subscription of a message."""
    criteria = {
        "reg_event_type": "UPDATE",
        "filter": {"type": "UIN", "value": MARIA},
        "notify_record_type": "Member",
        "fields": ["education.institution"],
        "authorize": {"ts": AT, "purpose": {"code": "needs-assessment"}},
        **changes,
    }
    return {"reference_id": reference, "timestamp": AT, "subscribe_criteria": criteria}


async def begun(house: House, reference: str, **changes: Any) -> str:
    """Subscribe; give the subscription's code."""
    answer = (await house.post(PLACE, message(wanted(reference, **changes)))).json()
    code: str = answer["message"]["subscribe_response"][0]["subscriptions"][0]["code"]
    return code


async def looked(house: House, subscription: str, result: str) -> None:
    """Let the next look be due, and wait until the record has its result."""
    database = Database(house.settings.database.url)
    await database.write(update(subscriptions).where(subscriptions.c.id == subscription).values(check_at=0))
    await database.close()
    async with asyncio.timeout(20):
        while result not in await results(house, subscription):  # noqa: ASYNC110  over HTTP
            await asyncio.sleep(0.1)


async def results(house: House, subscription: str) -> list[str]:
    """Give what the record says of a subscription."""
    events = await house.events(kind="subscription")
    return [each["result"] for each in events if each["details"]["subscription"] == subscription]


async def told(house: House, receiver: Receiver) -> dict[str, Any]:
    """Wait for the message that something changed."""
    await receiver.messages(1)
    return dict(content_of(house, receiver.came[-1], "case-system"))


async def test_a_change_is_told_and_nothing_of_what(edited: tuple[House, Editor]) -> None:
    """The first look is what later ones are compared with; the event names the subscription alone."""
    house, editor = edited
    code = await begun(house, "ref-change")
    async with receiving() as receiver:
        await registered(house, receiver, "case-system")
        await looked(house, code, "seen")
        editor.edits = ("Київський".encode(), "Львівський".encode())
        await looked(house, code, "changed")
        event = await told(house, receiver)
        await deleted(house, "case-system")
    stored = await house.stored("select * from subscriptions") + house.logs.getvalue()

    assert (event["subscription"], event["reference"]) == (code, "ref-change")
    assert event.keys() == {"subscription", "reference", "at"}
    assert await results(house, code) == ["begun", "seen", "changed"]
    assert "Львівський" not in stored


async def test_a_look_is_a_question_that_gives_nothing_away(edited: tuple[House, Editor]) -> None:
    """It has an intent and ends as refused, and a look that finds the same writes no further entry."""
    house, _ = edited
    code = await begun(house, "ref-quiet")
    await looked(house, code, "seen")
    watched = [each for each in await house.events(kind="refusal") if each["reason"] == "watched"]
    intents = [
        each
        for each in await house.events(kind="intent")
        if each["exchange_id"] == watched[-1]["exchange_id"]
    ]

    assert intents[0]["details"]["via"] == {"protocol": "subscription"}
    assert [source["fields"] for source in intents[0]["details"]["sources"]] == [["education.institution"]]
    assert await results(house, code) == ["begun", "seen"]


async def test_it_ends_with_the_case(common: House) -> None:
    """A closed case ends the watch at the next look, with the reason; nobody is asked again."""
    case = query_about("andrii")["case"]
    changes = {"filter": {"type": "rnokpp", "value": query_about("andrii")["subject"]["value"]}}
    answer = await common.post(
        PLACE, message(wanted("ref-case", **changes), meta={"official": "worker-17", "case": case})
    )
    code = answer.json()["message"]["subscribe_response"][0]["subscriptions"][0]["code"]
    await looked(common, code, "seen")
    await common.put(f"/v1/cases/{case}", case_of("andrii", closed="2026-02-01"))
    await looked(common, code, "ended")
    shown = (await common.get(f"{PLACE}/{code}")).json()

    assert (shown["state"], shown["reason"]) == ("ended", "case-closed")


async def test_an_agency_ends_its_own(common: House) -> None:
    """Once; another agency's and an unknown one look alike."""
    code = await begun(common, "ref-end")
    ended = await common.post(f"{PLACE}/{code}/ending", {"official": {"id": "worker-17"}})
    again = await common.post(f"{PLACE}/{code}/ending", {"official": {"id": "worker-17"}})
    unknown = await common.get(f"{PLACE}/0197f0a0-0000-7000-8000-000000000000")
    listed = (await common.get(PLACE, limit="200")).json()["subscriptions"]

    assert (ended.json()["state"], ended.json()["reason"]) == ("ended", "by-agency")
    assert (again.status_code, unknown.status_code) == (409, 404)
    assert code in [each["id"] for each in listed]


@pytest.mark.parametrize(
    "changes",
    [
        {"authorize": None},
        {"authorize": {"ts": AT, "purpose": {"code": "nonsense"}}},
        {"fields": ["education.unheard"]},
        {"filter": {"type": "UIN", "value": "3311845623"}},
        {"filter": {"type": "UIN", "value": query_about("andrii")["subject"]["value"]}},
        {"reg_event_type": "BIRTH"},
    ],
)
async def test_what_may_not_be_asked_may_not_be_watched(common: House, changes: dict[str, Any]) -> None:
    """No purpose, no contract, another person: rejected in SPDCI's words, beside one that stands."""
    answer = await common.post(PLACE, message(wanted("good"), wanted("bad", **changes)))
    first, second = answer.json()["message"]["subscribe_response"]

    assert (first["status"], second["status"]) == ("succ", "rjct")
    assert second["status_reason_code"] == "rjct.subscribe_criteria.invalid"
    assert answer.json()["header"]["completed_count"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (message(wanted(), action="search"), 422),
        (message(), 422),
        (message(wanted(), sender_id="partner"), 403),
        ({"header": {}}, 422),
        (message(*(wanted(f"r-{number}") for number in range(11))), 422),
    ],
)
async def test_a_message_that_is_none_is_refused(common: House, body: dict[str, Any], status: int) -> None:
    """Another action, nothing wanted, too much, or somebody else's name."""
    refused = await common.post(PLACE, body)

    assert refused.status_code == status
