"""Evidence packs: what the record says of an official, a case or an exchange, to be handed to somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from audit.event import Event, Kind, stamp
from audit.log import Log
from audit.pack import Exhibit, write_pack
from audit.proof import Proof
from audit.publisher import Publisher
from audit.query import Filter, Recorded, search
from audit.timeline import Chapter, timeline
from audit.tree import inclusion
from contracts.vocabulary import AgencyId
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, now, translated

MOST = 1000
"""The most entries of one pack."""


class Evidence:
    """Makes packs; each is an entry before it is given."""

    def __init__(self, database: Database, log: Log, publisher: Publisher) -> None:
        self._database = database
        self._log = log
        self._publisher = publisher

    async def pack(self, folder: Path, agency: AgencyId, wanted: Filter) -> int:
        """Write a pack of everything that fits into an absent folder; give how many entries it holds.

        Raises:
            NotFoundError: nothing fits.
            ConflictError: more fits than a pack may hold; the filter has to be narrower.
            AuditUnavailableError: no signed head covers the newest of them yet.
        """
        async with self._database.reading() as connection:
            found = await search(connection, wanted, MOST)
        if not found:
            raise NotFoundError
        if len(found) == MOST:
            raise ConflictError("too-many-entries")
        await self._log.note(
            Event(
                kind=Kind.EXPORT,
                at=now(),
                agency=agency,
                result="started",
                details={"format": "evidence", "count": len(found)},
            )
        )
        exhibits = await self._prove(found)
        text = summary(self._log.origin, found, agency)
        await asyncio.to_thread(write_pack, folder, exhibits, text, self._publisher.signer)
        return len(exhibits)

    async def _prove(self, found: Sequence[Recorded]) -> list[Exhibit]:
        with translated():
            await self._publisher.inclusion(found[-1].index)
        exhibits = []
        async with self._database.reading() as connection:
            for recorded in found:
                proved = await inclusion(connection, recorded.index, self._publisher.signer.verifier)
                assert proved  # noqa: S101  a head covers the last of them, so it covers all
                exhibits.append(
                    Exhibit(recorded.content, Proof(proved.index, proved.proof, proved.checkpoint))
                )
        return exhibits


def summary(origin: str, found: Sequence[Recorded], agency: AgencyId) -> str:
    """Write what a pack shows, for people: one line for each exchange."""
    lines = [
        f"Докази з журналу {origin} · Evidence from the log {origin}",
        f"Складено {stamp(now())} для {agency} · Made for {agency}",
        f"Записів: {len(found)} · Entries: {len(found)}",
        "",
        *(_line(chapter) for chapter in timeline(found)),
        "",
        "Перевірити без мережі · Check it offline: obmin audit verify <this folder> --key <the log's key>",
    ]
    return "\n".join(lines) + "\n"


def _line(chapter: Chapter) -> str:
    indexes = ", ".join(map(str, chapter.indexes))
    who = "/".join(part for part in (chapter.agency, chapter.official) if part)
    sources = ", ".join(f"{source} {status}" for source, status in chapter.sources.items())
    about = " · ".join(part for part in (chapter.case, chapter.purpose, sources, chapter.reason) if part)
    return f"{stamp(chapter.began)}  [{indexes}]  {chapter.kind}  {who}  {chapter.outcome}  {about}"
