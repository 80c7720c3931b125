"""A worker in a process of its own, for tests that kill it in the middle of an attempt.

    python -m tests.faults.carrying FOLDER URL ADDRESS STATEMENT before|after SKIP

It delivers what waits, and dies as `kill -9` does when it comes to the statement. `CALL` stands for the call
to the receiver, `CLAIM ` before a statement for one outside the record's own connection.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from audit.log import Log
from gateway.consent.using import ENDED
from gateway.outbox.channel import Channel, Endpoint, Outcome, Parcel
from tests.faults.appending import watch
from tests.faults.traps import Trap, die, trapped_store
from tests.journeys.delivering import SIGNER, open_post
from tests.journeys.receiving import CLINIC, Plain
from tests.unit.audit.records import dialect


@dataclass
class Deadly:
    """A channel that leads past the trap. See `gateway.outbox.channel.Channel`."""

    channel: Channel
    trap: Trap

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:
        """See `Channel.send`."""
        self.trap.pass_by("CALL", after=False)
        outcome = await self.channel.send(endpoint, parcel)
        self.trap.pass_by("CALL", after=True)
        return outcome


async def carry(folder: Path, url: str, address: str, trap: Trap) -> None:
    """Work until the trap springs."""
    async with open_post(folder, url, prepared=True) as post:
        if trap.begins[0].startswith("CLAIM "):
            trap.begins = (trap.begins[0].removeprefix("CLAIM "),)
            watch(post.database.engine.sync_engine, trap)
            record = post.record
        else:
            record = Log(trapped_store(url, trap, ENDED[dialect(url)]), SIGNER)
        post.addresses.known[CLINIC] = Endpoint(CLINIC, "plain", address)
        channels = {"plain": Deadly(Plain(post.http), trap)}
        await post.again(record=record, channels=channels).worker.run()


if __name__ == "__main__":
    _, where, database, receiver, statement, when, skip = sys.argv
    spring = Trap((statement,), after=when == "after", act=die, skip=int(skip))
    asyncio.run(carry(Path(where), database, receiver, spring))
