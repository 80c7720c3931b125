"""What a deployment sets of messages to agencies and people: where they may go, and through what."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from pydantic import Field, SecretStr

from config.section import Section


class MailSettings(Section):
    """The server that takes our mail: none is sent while `host` is empty."""

    host: str = ""
    """Its name."""
    port: int = Field(default=587, ge=1, le=65_535)
    """Its port."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected; `none` for a server on this very machine alone."""
    user: str = ""
    """Our name there; empty where it wants none."""
    password: SecretStr = SecretStr("")
    """Our password there; better in `OBMIN_PUSH__MAIL__PASSWORD`."""
    sender: str = "obmin@localhost"
    """From whom mail comes."""

    @property
    def secret(self) -> str:
        """Give the password."""
        return self.password.get_secret_value()


class PushSettings(Section):
    """Messages to agencies and people."""

    loopback: bool = False
    """Whether an agency's address may be on this machine, without TLS: for demos alone."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Inner networks in which agencies may have addresses: `10.20.0.0/16`. The public internet otherwise."""
    mail: MailSettings = MailSettings()
    """See `MailSettings`."""
    dead_after_hours: float = Field(default=24.0, gt=0)
    """An agency's address that has taken nothing for so long is paused."""
