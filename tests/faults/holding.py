"""A gateway's holds in a process of its own, for tests that run several at once and kill some.

    python -m tests.faults.holding URL CALLERS [STATEMENT before|after SKIP]

It says on standard output which holds were acknowledged to it, one id a line. With a statement it dies, as
`kill -9` does, when the record's connection comes to it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from audit.log import Log
from audit.note import Signer
from contracts.vocabulary import AgencyId, CaseId, OfficialId, SubjectRef
from gateway.consent.using import ENDED
from gateway.faults import ConflictError
from gateway.offers.allocation import Beneficiary, Need
from gateway.offers.areas import Area
from gateway.offers.capacity import Capacity
from gateway.offers.offers import Offers
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import Database
from tests.faults.traps import Trap, die, trapped_store
from tests.unit.audit.records import dialect

SIGNER = Signer.of("holds.example/log", bytes(range(32)))
OFFER, SUBJECT = "the-offer", SubjectRef("0" * 32)
WHOM = Beneficiary(AgencyId("case-system"), OfficialId("worker-17"), CaseId("CASE-1"), SUBJECT)
NEED = Need("18-59", "female", "war-damage", Area("UA1804019001"))


async def hold(url: str, callers: int, trap: Trap, tell: Callable[[str], None]) -> None:
    """Let so many callers take one each, all at once, telling each that has it."""
    database = Database(url)
    log = Log(trapped_store(url, trap, ENDED[dialect(url)]), SIGNER)
    kept, capacity = Offers(database, log, Taxonomy.load()), Capacity(database, log, b"secret")
    offer = await kept.get(OFFER)

    async def one() -> None:
        try:
            held = await capacity.hold(offer, WHOM, NEED, 1)
        except ConflictError:
            return
        tell(held.id)

    await asyncio.gather(*(one() for _ in range(callers)))
    await log.close()
    await database.close()


def say(held: str) -> None:
    """Say what was acknowledged."""
    sys.stdout.write(f"{held}\n")
    sys.stdout.flush()


def nowhere() -> Trap:
    """Give a trap that never springs."""
    return Trap((), after=False, act=die, left=0)


def trap_of(words: list[str]) -> Trap:
    """Read where to die."""
    if not words:
        return nowhere()
    statement, when, skip = words
    return Trap((statement,), after=when == "after", act=die, skip=int(skip))


if __name__ == "__main__":
    _, address, count, *where = sys.argv
    asyncio.run(hold(address, int(count), trap_of(where), say))
