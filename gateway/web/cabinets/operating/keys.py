"""Keys and their age, certificates about to end, and the record with its witnesses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from audit.tables import checkpoints, entries
from audit.tables import witness_sizes as sizes
from gateway.signin.officials import Cabinet
from gateway.storage.engine import instant, now
from gateway.upkeep import KEY_OLD, SOON, Certificate
from gateway.web.cabinets.shell import page, signed_in
from gateway.web.gate import Gate, gate_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class RecordLine:
    """How the record stands: its entries, its newest signed head, and who watches it."""

    entries: int
    signed: int
    signed_at: datetime | None
    state: str
    alone: timedelta
    watched: bool
    witnesses: tuple[tuple[str, int], ...]
    origin: str


@router.get("/cabinet/operating/keys")
async def shown(request: Request) -> Response:
    """Show what has to be renewed some day, and what it is that watches the record."""
    who, gate = await signed_in(request, Cabinet.OPERATING), gate_of(request)
    at = now()
    return page(
        request,
        who,
        "operating/keys.html",
        keys=[(key, _age(key.since, at)) for key in await gate.fittings.upkeep.keys()],
        old=KEY_OLD.days,
        certificates=[(each, _left(each, at)) for each in gate.fittings.upkeep.certified()],
        soon=SOON.days,
        record=await record_of(gate),
    )


async def record_of(gate: Gate) -> RecordLine:
    """Read how the record stands now."""
    vigil, database = gate.vigil, gate.database
    size = (await database.fetch(select(func.max(entries.c.idx))))[0][0]
    newest = select(checkpoints.c.size, checkpoints.c.at).order_by(checkpoints.c.size.desc()).limit(1)
    head = next(iter(await database.fetch(newest)), None)
    seen = await database.fetch(select(sizes.c.witness, sizes.c.size).order_by(sizes.c.witness))
    return RecordLine(
        entries=0 if size is None else size + 1,
        signed=head.size if head else 0,
        signed_at=instant(head.at) if head else None,
        state=vigil.state,
        alone=vigil.alone,
        watched=vigil.alarm_after is not None,
        witnesses=tuple((row.witness, row.size) for row in seen),
        origin=gate.publisher.signer.verifier.name,
    )


def ending(gate: Gate) -> int:
    """Count the certificates that somebody should be at."""
    return sum(_left(each, now()) < SOON.days for each in gate.fittings.upkeep.certified())


def _age(since: datetime | None, at: datetime) -> int | None:
    return (at - since).days if since else None


def _left(certificate: Certificate, at: datetime) -> int:
    """Count the days that are left; none where the file cannot be read, which is as urgent."""
    return (certificate.ends - at).days if certificate.ends else -1
