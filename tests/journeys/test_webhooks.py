"""An agency registers where it takes messages: proved, signed, rotated, paused, and never led astray."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks import Webhook, WebhookVerificationError

from tests.journeys.house import House
from tests.journeys.posting import (
    OFFICIAL,
    Beside,
    Receiver,
    beside,
    changed,
    content_of,
    deleted,
    receiving,
    registered,
    state_of,
    stepped,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(house_of: House) -> AsyncIterator[Beside]:
    """Give what submits messages beside the house."""
    async with beside(house_of) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def receiver(house_of: House) -> AsyncIterator[Receiver]:
    """Give a receiver on a socket; the clinic has no endpoint before and after."""
    async with receiving() as opened:
        yield opened
    await deleted(house_of)


async def test_a_message_arrives_signed_and_sealed(
    house_of: House, receiver: Receiver, office: Beside
) -> None:
    """The receiver verifies it, opens it with its own key, and the record has every step."""
    await registered(house_of, receiver)
    message = await office.submit(7, key="signed")
    (event,) = await receiver.messages(1)
    state = await state_of(house_of, message, "delivered")
    story = [each["result"] for each in await house_of.events(kind="push")][-3:]

    assert (event["specversion"], event["id"], event["type"]) == ("1.0", message.id, "obmin.test")
    assert content_of(house_of, event) == {"number": 7}
    assert event["promise"]
    assert state == "delivered"
    assert story == ["intended", "sent", "delivered"]


async def test_nothing_is_sent_before_the_address_proved_itself(house_of: House, receiver: Receiver) -> None:
    """An address that sends another word back is not active, and the record says so."""
    body = {"kind": "webhook", "address": receiver.url, **OFFICIAL}
    made = (await house_of.post("/v1/endpoints", body, "clinic")).json()
    receiver.secret, receiver.echo = made["secret"], False
    failed = await stepped(house_of, made["id"], "verification")
    recorded = (await house_of.events(kind="endpoint"))[-1]

    assert made["state"] == "unverified"
    assert "verification" in made["next"]
    assert (failed.status_code, failed.json()["failed"]) == (409, "challenge-not-returned")
    assert (recorded["result"], recorded["reason"]) == ("verification-failed", "challenge-not-returned")
    assert receiver.came == []


async def test_a_rotated_secret_overlaps(house_of: House, receiver: Receiver, office: Beside) -> None:
    """For a day messages carry both signatures: the old secret verifies, and so does the new one."""
    endpoint = await registered(house_of, receiver)
    rotated = (await stepped(house_of, endpoint["id"], "rotation")).json()
    again = await stepped(house_of, endpoint["id"], "rotation")
    await office.submit(key="rotated")
    await receiver.messages(1)
    receiver.secret = rotated["secret"]
    await office.submit(key="rotated")
    await receiver.messages(2)

    assert rotated["secret"] != endpoint["secret"]
    assert rotated["overlap_until"]
    assert again.status_code == 409
    assert all(len(signature.split()) == 2 for signature in receiver.signatures)


async def test_a_secret_is_kept_nowhere(house_of: House, receiver: Receiver) -> None:
    """Neither the database, the record nor the log has it; a repetition is answered all the same."""
    body = {"kind": "webhook", "address": receiver.url, **OFFICIAL}
    one = await house_of.post("/v1/endpoints", body, "clinic", Idempotency_Key="endpoint-1")
    two = await house_of.post("/v1/endpoints", body, "clinic", Idempotency_Key="endpoint-1")
    other = await house_of.post("/v1/endpoints", body, "clinic")
    kept = await house_of.stored("SELECT address, reason FROM endpoints")
    kept += await house_of.stored("SELECT reply FROM replies") + await house_of.stored(
        "SELECT entry FROM audit_entries"
    )

    assert two.json() == one.json()
    assert (one.status_code, other.status_code) == (201, 409)
    assert one.json()["secret"].startswith("whsec_")
    assert one.json()["secret"].removeprefix("whsec_") not in kept + house_of.logs.getvalue()


async def test_a_paused_endpoint_is_sent_nothing(house_of: House, receiver: Receiver, office: Beside) -> None:
    """Its messages wait, and come once it has proved itself again."""
    endpoint = await registered(house_of, receiver)
    paused = await stepped(house_of, endpoint["id"], "pause")
    twice = await stepped(house_of, endpoint["id"], "pause")
    message = await office.submit(key="paused")
    waiting = await house_of.stored("SELECT state, attempts FROM outbox WHERE key = 'paused'")
    await stepped(house_of, endpoint["id"], "verification")

    assert (paused.json()["state"], paused.json()["reason"]) == ("paused", "by-agency")
    assert twice.status_code == 409
    assert waiting == "ready 0"
    assert await state_of(house_of, message, "delivered") == "delivered"


async def test_a_receiver_that_is_gone_is_paused_at_once(
    house_of: House, receiver: Receiver, office: Beside
) -> None:
    """410 pauses the endpoint, on record with its reason; the message waits and nothing is lost."""
    endpoint = await registered(house_of, receiver)
    receiver.answers = [410]
    message = await office.submit(key="gone")
    shown = await paused_of(house_of)
    recorded = (await house_of.events(kind="endpoint"))[-1]

    assert (shown["id"], shown["reason"]) == (endpoint["id"], "http-410")
    assert "verification" in shown["next"]
    assert (recorded["result"], recorded["reason"], recorded["official"]) == ("paused", "http-410", "gateway")
    assert await state_of(house_of, message, "ready") == "ready"


async def test_a_dead_endpoint_is_paused(house_of: House, receiver: Receiver, office: Beside) -> None:
    """Five failures over a day and a further one: nobody goes on knocking at a house that is empty."""
    await registered(house_of, receiver)
    receiver.answers = [500]
    await changed(house_of, "UPDATE endpoints SET failures = 4, failing_since = 1")
    await office.submit(key="dead")
    shown = await paused_of(house_of)

    assert (shown["reason"], shown["failures"]) == ("dead", 5)


async def paused_of(house: House) -> dict[str, Any]:
    """Wait until the clinic's endpoint is paused."""
    async with asyncio.timeout(20):
        while True:
            (shown,) = (await house.get("/v1/endpoints", "clinic")).json()["endpoints"]
            if shown["state"] == "paused":
                return dict(shown)
            await asyncio.sleep(0.05)


async def test_a_redirect_is_not_followed(house_of: House, receiver: Receiver, office: Beside) -> None:
    """The receiver does not choose whom the gateway talks to."""
    await registered(house_of, receiver)
    receiver.answers, receiver.headers = [307], {"location": receiver.url}
    message = await office.submit(key="redirected")
    await receiver.messages(1)
    await state_of(house_of, message, "ready")
    code = await attempted(house_of, message.id)

    assert code == "waitlong redirected"
    assert len(receiver.came) == 1


async def attempted(house: House, message_id: str) -> str:
    """Wait for a failed attempt; give how it went."""
    async with asyncio.timeout(20):
        while True:
            query = f"SELECT outcome, code FROM outbox_attempts WHERE message_id = '{message_id}'"  # noqa: S608  ours
            if found := await house.stored(query):
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest", "https://10.0.0.8/in"])
async def test_an_address_that_moved_is_refused_at_each_attempt(
    house_of: House, receiver: Receiver, office: Beside, address: str
) -> None:
    """A name that leads where nothing is sent by now pauses the endpoint; the message waits."""
    await registered(house_of, receiver)
    await changed(house_of, f"UPDATE endpoints SET address = '{address}'")  # noqa: S608  ours
    message = await office.submit(key=address)
    shown = await paused_of(house_of)

    assert shown["reason"] == "astray"
    assert await attempted(house_of, message.id) == "waitlong astray"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://receiver.example/in", "address-not-https"),
        ("https://169.254.169.254/latest/meta-data", "address-not-reachable"),
        ("https://[fd00:ec2::254]/", "address-not-reachable"),
        ("https://[::ffff:169.254.169.254]/", "address-not-reachable"),
        ("https://10.0.0.8/in", "address-not-reachable"),
        ("https://0.0.0.0/in", "address-not-reachable"),
        ("https://user:secret@receiver.example/in", "address-malformed"),
        ("https://receiver.example/in#part", "address-malformed"),
        ("https://receiver.example:99999/in", "address-malformed"),
        ("https:///in", "address-malformed"),
        ("ftp://receiver.example/in", "address-not-https"),
        ("https://receiver.example/in\r\nX: y", "address-malformed"),
    ],
)
async def test_a_bad_address_is_not_registered(house_of: House, address: str, code: str) -> None:
    """The answer says why, and does not repeat what was sent."""
    body = {"kind": "webhook", "address": address, **OFFICIAL}
    refused = await house_of.post("/v1/endpoints", body, "clinic")

    assert refused.status_code == 422
    assert code in refused.text
    assert "169.254" not in refused.text


async def test_anothers_endpoint_is_unknown(house_of: House, receiver: Receiver) -> None:
    """Another agency neither sees it nor changes it; an operator sees it without its secret."""
    endpoint = await registered(house_of, receiver)
    foreign = await stepped(house_of, endpoint["id"], "pause", "career-centre")
    read = await house_of.get(f"/v1/endpoints/{endpoint['id']}", "partner")
    operated = await house_of.get("/v1/endpoints", "operator")

    assert (foreign.status_code, read.status_code) == (404, 404)
    assert [each["agency"] for each in operated.json()["endpoints"]] == ["clinic"]
    assert "secret" not in operated.text


async def test_an_unknown_kind_is_refused(house_of: House) -> None:
    """What this deployment cannot reach is not taken."""
    refused = await house_of.post("/v1/endpoints", {"kind": "telex", "address": "1", **OFFICIAL}, "clinic")

    assert refused.status_code == 422
    assert "kind-not-offered" in refused.text


async def test_a_captured_message_is_not_played_again(
    house_of: House, receiver: Receiver, office: Beside
) -> None:
    """A signature is good for five minutes: the window is what the receiver's library checks."""
    await registered(house_of, receiver)
    await office.submit(key="window")
    (event,) = await receiver.messages(1)

    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(receiver.secret).verify(
            b"{}",
            {
                "webhook-id": event["id"],
                "webhook-timestamp": "1",
                "webhook-signature": receiver.signatures[0],
            },
        )
