"""What the faults of a delivery are made of: clocks that are moved, receivers and channels that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.clock import Clock
from gateway.outbox.channel import Endpoint, Outcome, Parcel, WaitLong


@dataclass
class Sundial:
    """A clock that a test moves."""

    ahead: float = 0.0
    jumped: float = 0.0
    begun: float = field(default_factory=time.time)

    def clock(self) -> Clock:
        """Give it as the gateway reads it."""
        return Clock(
            wall=lambda: self.begun + self.ahead + self.jumped, steady=lambda: self.begun + self.ahead
        )


@asynccontextmanager
async def rude() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Give the address of a receiver that reads what it is sent and drops the connection."""
    read: list[bytes] = []

    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        read.append(await reader.read(65_536))
        writer.transport.abort()

    server = await asyncio.start_server(drop, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in", read


class Broken:
    """A channel that fails in itself. See `gateway.outbox.channel.Channel`."""

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:  # noqa: ARG002  the protocol's
        """See `Channel.send`."""
        raise RuntimeError(parcel.sealed)


class Resting:
    """A channel whose receiver is being maintained. See `gateway.outbox.channel.Channel`."""

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:  # noqa: ARG002  the protocol's
        """See `Channel.send`."""
        return WaitLong("http-404")
