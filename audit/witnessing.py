"""Takes each new head to the witnesses of a policy, and keeps the cosignatures once they are enough.

One process does it for all gateways on a database. Nobody waits for a witness: one that is slow, down
or wrong costs the others nothing, and is told apart by a code.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from audit.checkpoint import Checkpoint
from audit.cosignature import time_of
from audit.election import elected
from audit.merkle import consistency_proof, consistency_ranges
from audit.note import NoteError, Verifier, split_note
from audit.policy import KnownWitness, Policy, urls_of
from audit.publisher import AWAY
from audit.store import microseconds
from audit.tables import witness_sizes, witnessed
from audit.tiles import needed, subtree
from audit.tree import last_signed, read_tiles

Send = Callable[[str, bytes], Awaitable[tuple[int, bytes]]]
"""Posts a request and gives status and body; an `OSError` where no answer came in time."""

Tell = Callable[[str, str], Awaitable[None]]
"""Told of a witness by name, and what became of its request, whenever that changes."""

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_OK, _CONFLICT, _UNPROCESSABLE = 200, 409, 422
_SKEW = 600
"""Seconds by which a witness's clock may differ: a cosignature from another time is a replay."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request: a code, the line if `cosigned`, the size that a witness says it is at."""

    code: str
    line: str = ""
    size: int = 0


@dataclass(slots=True)
class Witnessing:
    """Keeps witnesses at most about `every` seconds behind the log."""

    engine: AsyncEngine
    verifier: Verifier
    policy: Policy
    send: Send
    tell: Tell
    now: Callable[[], datetime]
    every: float = 10.0
    _codes: dict[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Stand for the office and go round while it is ours, until cancelled. A database is waited for."""
        while True:
            with suppress(*AWAY):
                async with elected(self.engine, "witnessing") as connection:
                    while connection is not None:
                        await self.round(connection)
                        await asyncio.sleep(self.every)
            await asyncio.sleep(self.every)

    async def round(self, connection: AsyncConnection) -> bool:
        """Ask for the newest head what is still wanting; say whether it has its quorum."""
        async with connection.begin():
            signed = await last_signed(connection, self.verifier)
            covered = await connection.scalar(select(func.max(witnessed.c.size)))
            if covered is None:  # what came before the policy was never to be witnessed
                await _insert(
                    connection, witnessed, size=signed[1].size if signed else 0, note="", at=self._at()
                )
        if signed is None or covered is None or covered >= signed[1].size:
            return signed is None or (covered is not None and covered >= signed[1].size)
        note, head = signed
        outcomes = await self._ask_all(connection, note, head)
        cosigned = {name: each.line for name, each in outcomes.items() if each.code == "cosigned"}
        async with connection.begin():
            for name in cosigned:
                await _insert(connection, witness_sizes, witness=name, size=head.size)
            enough = self.policy.satisfied(frozenset(cosigned))
            if enough:
                whole = note + "".join(cosigned.values())
                await _insert(connection, witnessed, size=head.size, note=whole, at=self._at())
        await self._tell(outcomes)
        return enough

    async def _ask_all(
        self, connection: AsyncConnection, note: str, head: Checkpoint
    ) -> Mapping[str, Outcome]:
        """Ask every witness at once; those that are elsewhere than we thought are asked again from there."""
        rows = await connection.execute(select(witness_sizes.c.witness, witness_sizes.c.size))
        olds = {row.witness: row.size for row in rows}
        asked = {witness.name: (witness, olds.get(witness.name, 0)) for witness in urls_of(self.policy)}
        outcomes = await self._ask(connection, note, head, asked)
        again = {
            name: (asked[name][0], each.size) for name, each in outcomes.items() if each.code == "elsewhere"
        }
        return {**outcomes, **await self._ask(connection, note, head, again)}

    async def _ask(
        self,
        connection: AsyncConnection,
        note: str,
        head: Checkpoint,
        asked: Mapping[str, tuple[KnownWitness, int]],
    ) -> dict[str, Outcome]:
        proofs = {old: await _consistency(connection, old, head.size) for _, old in asked.values()}
        await connection.rollback()  # no transaction stays open while others are waited for
        requests = [
            self._one(witness, f"old {old}\n{proofs[old]}\n{note}".encode(), note, head.size)
            for witness, old in asked.values()
        ]
        return dict(zip(asked, await asyncio.gather(*requests), strict=True))

    async def _one(self, witness: KnownWitness, request: bytes, note: str, size: int) -> Outcome:
        try:
            status, body = await self.send(f"{witness.url.rstrip('/')}/add-checkpoint", request)
        except OSError:
            return Outcome("silent")
        if status == _OK:
            return self._cosignature(witness, note, body)
        if status == _CONFLICT and (match := _SIZE.fullmatch(body)):
            theirs = int(match[1])
            return Outcome("elsewhere", size=theirs) if theirs <= size else Outcome("rollback")
        return Outcome("fork" if status == _UNPROCESSABLE else "refused")

    def _cosignature(self, witness: KnownWitness, note: str, body: bytes) -> Outcome:
        """Find the witness's own line in what it answered, and see that it is of this head and of now."""
        try:
            text, signatures = split_note(note + body.decode())
        except (NoteError, UnicodeDecodeError):
            return Outcome("malformed")
        lines = (note + body.decode()).rpartition("\n\n")[2].splitlines(keepends=True)
        for line, (name, key_id, signature) in zip(lines, signatures, strict=True):
            if (name, key_id) == (witness.key.name, witness.key.key_id):
                if not witness.key.holds(text.encode(), signature):
                    return Outcome("bad-signature")
                if abs(time_of(signature) - self.now().timestamp()) > _SKEW:
                    return Outcome("replayed")
                return Outcome("cosigned", line)
        return Outcome("unsigned")

    async def _tell(self, outcomes: Mapping[str, Outcome]) -> None:
        for name, outcome in outcomes.items():
            if self._codes.get(name, "cosigned") != outcome.code:
                self._codes[name] = outcome.code
                await self.tell(name, outcome.code)

    def _at(self) -> int:
        return microseconds(self.now())


async def _consistency(connection: AsyncConnection, old: int, new: int) -> str:
    """Give the proof's lines; none are needed from the empty tree, or from a tree to itself."""
    if not 0 < old < new:
        return ""
    tiles = await read_tiles(connection, needed(consistency_ranges(old, new)))
    proof = consistency_proof(old, new, lambda start, end: subtree(tiles, start, end))
    return "".join(f"{b64encode(node).decode()}\n" for node in proof)


async def _insert(connection: AsyncConnection, table: Table, **values: object) -> None:
    """Write a row, or replace the one of its key."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(values)
    keys = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in values if name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


async def witnessed_note(connection: AsyncConnection) -> str | None:
    """Give the newest head that has its quorum, with the cosignatures, None before the first."""
    newest = select(witnessed.c.note).where(witnessed.c.note != "").order_by(witnessed.c.size.desc())
    note: str | None = await connection.scalar(newest.limit(1))
    return note
