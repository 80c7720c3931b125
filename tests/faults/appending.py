"""A gateway's record in a process of its own, for tests that kill it.

    python -m tests.faults.appending log URL STATEMENT before|after SKIP
    python -m tests.faults.appending publisher URL STATEMENT before|after SKIP

It says on standard output what was acknowledged to it, one `index leaf` a line, and dies as
`kill -9` does when it comes to the statement.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from sqlalchemy import event as sql_event

from audit.event import Event, Kind
from audit.log import Log
from audit.publisher import Publisher
from audit.store import Statement
from tests.faults.traps import Trap, die, trapped_store
from tests.unit.audit.records import (
    END_CONSENT,
    NOW,
    SIGNER,
    dialect,
    engine_at,
    log_at,
    mandate,
    outcomes,
)


def tell(index: int, leaf: bytes) -> None:
    """Say what was acknowledged."""
    sys.stdout.write(f"{index} {leaf.hex()}\n")
    sys.stdout.flush()


async def exchange(log: Log, url: str, number: int) -> None:
    """Record one exchange with companions, telling each acknowledgement."""
    asked = mandate(f"exchange-{number}")
    companion = Statement(END_CONSENT[dialect(url)], (f"other-{number}",))
    intent = await log.intend(asked, NOW)
    tell(intent.index, intent.leaf_hash)
    receipt = await log.release(intent, asked, outcomes(), NOW, [companion])
    tell(receipt.index, receipt.leaf_hash)


async def append(url: str, trap: Trap) -> None:
    """Record exchanges, eight at a time, until the trap springs: every statement passes by twenty times."""
    log = Log(trapped_store(url, trap), SIGNER)
    for start in range(0, 160, 8):
        await asyncio.gather(*(exchange(log, url, start + number) for number in range(8)))


async def publish(url: str, trap: Trap) -> None:
    """Record and publish in turn until the trap springs."""
    async with log_at(url) as log, engine_at(url) as engine:
        watch(engine.sync_engine, trap)
        publisher = Publisher(engine, SIGNER)
        for _ in range(10):
            noted = await asyncio.gather(*(log.note(Event(kind=Kind.READ, at=NOW)) for _ in range(150)))
            for each in noted:
                tell(each.index, each.leaf_hash)
            await publisher.publish()


def watch(engine: Any, trap: Trap) -> None:
    """Let the statements of an engine, and its commits, pass by a trap."""

    def before(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        trap.pass_by(sql, after=False)

    def after(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        trap.pass_by(sql, after=True)

    def commit(_connection: object) -> None:
        trap.pass_by("COMMIT", after=False)

    sql_event.listen(engine, "before_cursor_execute", before)
    sql_event.listen(engine, "after_cursor_execute", after)
    sql_event.listen(engine, "commit", commit)


if __name__ == "__main__":
    _, what, address, statement, when, skip = sys.argv
    spring = Trap((statement,), after=when == "after", act=die, skip=int(skip))
    asyncio.run({"log": append, "publisher": publish}[what](address, spring))
