"""An agency that reads mail is told that something waits, and fetches it: the mail holds nothing of it."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from contracts.vocabulary import AgencyId
from gateway.channels.mail import AGAIN, MailChannel
from gateway.commands.demo import listening
from gateway.outbox.channel import Endpoint, GiveUp, RetryLater, WaitLong

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
URL = "https://obmin.example"


class Mailbox:
    """Takes mail, but for one address. See aiosmtpd's handlers."""

    def __init__(self) -> None:
        self.came: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """Refuse nobody's address."""
        del server, session, options
        if address.startswith("nobody"):
            return "550 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail."""
        del server, session
        self.came.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


def channel(port: int) -> MailChannel:
    """Give the channel to a server on this machine."""
    server: Any = SimpleNamespace(
        host="127.0.0.1", port=port, tls="none", user="", secret="", sender="obmin@obmin.example"
    )
    return MailChannel(server, URL)


def parcel() -> Any:
    """Give a parcel of which only the id may be told."""
    return SimpleNamespace(id="01a21059-07b7-77ee-8c25-36823126024b", sealed="Канарейка", type="obmin.canary")


async def test_a_mail_tells_that_something_waits_and_nothing_else() -> None:
    """It holds a link, and the message goes on waiting to be fetched; a reminder follows in a day."""
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free())
    await asyncio.to_thread(server.start)
    endpoint = Endpoint(AgencyId("clinic"), "mail", "olena@clinic.example")
    told = await channel(server.port).send(endpoint, parcel())
    refused = await channel(server.port).send(
        Endpoint(AgencyId("clinic"), "mail", "nobody@x.example"), parcel()
    )
    proved = await channel(server.port).challenge(endpoint)
    await asyncio.to_thread(server.stop)
    first = mailbox.came[0]

    assert told == WaitLong("told-by-mail", AGAIN)
    assert refused == GiveUp("mailbox-refused")
    assert proved == ""
    assert f"{URL}/v1/messages" in first.get_content()
    assert "Канарейка" not in first.get_content()
    assert "canary" not in str(first)


async def test_a_server_that_is_away_is_tried_later() -> None:
    """Nothing was told, and nothing is lost."""
    endpoint = Endpoint(AgencyId("clinic"), "mail", "olena@clinic.example")

    assert await channel(free()).send(endpoint, parcel()) == RetryLater("mail-not-taken")


def free() -> int:
    """Give a port that nobody listens on."""
    with listening(0) as listener:
        return int(listener.getsockname()[1])
