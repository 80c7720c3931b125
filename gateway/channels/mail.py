"""E-mail: word that something waits, and where. Never the message: a mailbox is not the recipient's key."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Final, Protocol

import aiosmtplib

from gateway.outbox.channel import Endpoint, GiveUp, Outcome, Parcel, RetryLater, WaitLong

DEADLINE: Final = 10.0
AGAIN: Final = 24 * 3600.0
"""Seconds until a reminder, where the message has not been fetched."""
TEXT: Final = (
    "Для вашої установи є повідомлення.\nОтримати: {link}\n\n"
    "A message waits for your agency.\nFetch it: {link}\n"
)


class Server(Protocol):
    """The mail server of the settings."""

    @property
    def host(self) -> str:
        """Its name."""

    @property
    def port(self) -> int:
        """Its port."""

    @property
    def tls(self) -> str:
        """`starttls`, `tls` or `none`."""

    @property
    def user(self) -> str:
        """Our name there, where it wants one."""

    @property
    def sender(self) -> str:
        """From whom mail comes."""

    @property
    def secret(self) -> str:
        """Our password there."""


class MailChannel:
    """See `gateway.outbox.channel.Channel`. The message itself is fetched (`GET /v1/messages`)."""

    def __init__(self, server: Server, public_url: str) -> None:
        self._server = server
        self._link = f"{public_url}/v1/messages"

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:
        """See `Channel.send`. What was told of waits until it is fetched, and is told of again in a day."""
        code = await self.tell(endpoint.address, parcel.id)
        return WaitLong("told-by-mail", AGAIN) if code == "" else _outcome(code)

    async def challenge(self, endpoint: Endpoint) -> str:
        """Send a first mail; give why it could not be sent, nothing where it was taken."""
        return await self.tell(endpoint.address, "")

    async def tell(self, address: str, message_id: str) -> str:
        """Send one mail; give a code where it was not taken."""
        server, mail = self._server, EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = server.sender, address, "Obmin"
        if message_id:
            mail["Message-ID"] = f"<{message_id}@{server.sender.rpartition('@')[2]}>"
        mail.set_content(TEXT.format(link=self._link))
        try:
            await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                use_tls=server.tls == "tls",
                start_tls=server.tls == "starttls",
                username=server.user or None,
                password=server.secret or None,
                timeout=DEADLINE,
            )
        except aiosmtplib.SMTPRecipientsRefused:
            return "mailbox-refused"
        except (aiosmtplib.SMTPException, OSError):
            return "mail-not-taken"
        return ""


def _outcome(code: str) -> Outcome:
    return GiveUp(code) if code == "mailbox-refused" else RetryLater(code)
