"""An agency that cannot be called fetches its messages: in order, sealed, until it acknowledges them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.journeys.house import House
from tests.journeys.posting import Beside, beside, content_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLACE = "/v1/messages"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(house_of: House) -> AsyncIterator[Beside]:
    """Give what submits messages beside the house."""
    async with beside(house_of) as opened:
        yield opened


async def acknowledged(house: House, message_id: str, agency: str = "clinic") -> httpx.Response:
    """Say that a message has come."""
    return await house.post(f"{PLACE}/{message_id}/acknowledgement", {"reference": "ours-1"}, agency)


async def fetched(house: House, agency: str = "clinic", **params: str) -> list[dict[str, object]]:
    """Fetch; give the messages."""
    found: list[dict[str, object]] = (await house.get(PLACE, agency, **params)).json()["messages"]
    return found


async def emptied(house: House) -> None:
    """Acknowledge everything that waits for the clinic."""
    while waiting := await fetched(house):
        for each in waiting:
            await acknowledged(house, str(each["id"]))


async def test_a_message_is_fetched_and_acknowledged(house_of: House, office: Beside) -> None:
    """It is sealed to its recipient; acknowledged, it is given no more, and the record has every step."""
    await emptied(house_of)
    message = await office.submit(7, key="fetched")
    (event,) = await fetched(house_of)
    done = await acknowledged(house_of, message.id)
    twice = await acknowledged(house_of, message.id)
    story = [each["result"] for each in await house_of.events(kind="push")][-3:]

    assert event["id"] == message.id
    assert content_of(house_of, event) == {"number": 7}
    assert done.json() == twice.json() == {"id": message.id, "type": "obmin.test", "state": "delivered"}
    assert await fetched(house_of) == []
    assert story == ["intended", "sent", "delivered"]
    assert await house_of.stored("SELECT count(*) FROM outbox WHERE content IS NOT NULL") == "0"


async def test_messages_come_in_their_order(house_of: House, office: Beside) -> None:
    """Those of one case in the order of the record, each until it is acknowledged."""
    await emptied(house_of)
    first = await office.submit(1, key="case-a")
    second = await office.submit(2, key="case-a")
    other = await office.submit(3, key="case-b")
    before = [each["id"] for each in await fetched(house_of)]
    await acknowledged(house_of, first.id)
    after = [each["id"] for each in await fetched(house_of)]

    assert before == [first.id, second.id, other.id]
    assert after == [second.id, other.id]


async def test_what_was_not_acknowledged_is_given_again(house_of: House, office: Beside) -> None:
    """A lost answer loses nothing; with a cursor only what is new is given."""
    await emptied(house_of)
    message = await office.submit(key="again")
    page = (await house_of.get(PLACE, "clinic")).json()
    again = await fetched(house_of)
    beyond = (await house_of.get(PLACE, "clinic", after=str(page["next"]))).json()

    assert [each["id"] for each in page["messages"]] == [each["id"] for each in again] == [message.id]
    assert (beyond["messages"], beyond["next"]) == ([], page["next"])


async def test_pages_are_as_long_as_asked(house_of: House, office: Beside) -> None:
    """`next` of one page leads to the following one, in the order of the record."""
    await emptied(house_of)
    sent = [(await office.submit(number, key=f"page-{number}")).id for number in range(3)]
    one = (await house_of.get(PLACE, "clinic", limit="2")).json()
    two = (await house_of.get(PLACE, "clinic", limit="2", after=str(one["next"]))).json()

    assert [each["id"] for each in one["messages"] + two["messages"]] == sent


async def test_anothers_messages_are_unknown(house_of: House, office: Beside) -> None:
    """Nobody else fetches or acknowledges them, and nobody acknowledges what was never given."""
    await emptied(house_of)
    message = await office.submit(key="mine")
    too_early = await acknowledged(house_of, message.id)
    foreign = await fetched(house_of, "career-centre")
    await fetched(house_of)
    claimed = await acknowledged(house_of, message.id, "career-centre")
    unheard = await acknowledged(house_of, "019ab000-0000-7000-8000-000000000001")
    auditor = await house_of.get(PLACE, "auditor")

    assert foreign == []
    assert [too_early.status_code, claimed.status_code, unheard.status_code] == [404, 404, 404]
    assert auditor.status_code == 403


@pytest.mark.parametrize("params", [{"after": "-1"}, {"limit": "0"}, {"limit": "101"}, {"after": "x"}])
async def test_a_bad_cursor_is_refused(house_of: House, params: dict[str, str]) -> None:
    """A place that cannot be one is 422."""
    assert (await house_of.get(PLACE, "clinic", **params)).status_code == 422
