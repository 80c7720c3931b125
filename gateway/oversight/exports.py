"""The record on its way out: streamed in the shape asked for, each export an entry, a failed one too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.event import Event, Json, Kind, new_id
from audit.formats import End, Format, format_of
from audit.log import Log
from audit.query import MOST, Filter, search
from audit.tree import size_of
from contracts.vocabulary import AgencyId, ObminError
from gateway.storage.engine import Database, now


@dataclass(slots=True)
class Export:
    """One export: what is taken out, how far it has come. `size` is the log's when it began."""

    id: str
    agency: AgencyId
    name: str
    format: Format
    wanted: Filter
    size: int
    count: int = 0
    official: str = ""

    @property
    def resumed(self) -> bool:
        """Whether it takes up an earlier one."""
        return self.wanted.after is not None


class Exports:
    """Begins exports and streams them."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log
        self._running: dict[str, Export] = {}

    def running(self) -> Sequence[Export]:
        """Give the exports that this process is streaming just now, with how far each has come."""
        return tuple(self._running.values())

    async def begin(self, agency: AgencyId, name: str, wanted: Filter, official: str = "") -> Export:
        """Put the beginning on record; what is recorded later is not part of the export.

        KeyError for a format there is not.
        """
        shape = format_of(name, self._log.origin)
        async with self._database.reading() as connection:
            size = await size_of(connection)
        export = Export(new_id(), agency, name, shape, wanted, size, official=official)
        await self._note(export, "started")
        return export

    async def stream(self, export: Export) -> AsyncGenerator[bytes, None]:
        """Give the export piece by piece; memory is for one page.

        The last piece says that it is whole. Where something fails, it says that it is not, and the error
        is raised behind it, so that no reader takes it for whole. Who leaves early is on record as well.
        """
        state, reason = "failed", "hung-up"
        self._running[export.id] = export
        try:
            if not export.resumed:
                yield export.format.head()
            async for page in self._pages(export):
                yield page
            state, reason = "done", ""
        except ObminError as error:
            reason = str(getattr(error, "code", "") or type(error).__name__.removesuffix("Error").lower())
            yield export.format.end(self._end(export, state, reason))
            raise
        finally:
            self._running.pop(export.id, None)
            # Whoever hangs up cancels us: the entry is made all the same.
            await asyncio.shield(self._note(export, state, reason))
        yield export.format.end(self._end(export, state, reason))

    async def _pages(self, export: Export) -> AsyncIterator[bytes]:
        while True:
            async with self._database.reading() as connection:
                page = await search(connection, export.wanted, MOST)
            within = [each for each in page if each.index < export.size]
            if within:
                yield b"".join(map(export.format.entry, within))
                export.count += len(within)
                export.wanted = replace(export.wanted, after=within[-1].index)
            if len(within) < MOST:
                return

    def _end(self, export: Export, state: str, reason: str) -> End:
        return End(export.id, state, export.count, export.wanted.after, reason)

    async def _note(self, export: Export, result: str, reason: str = "") -> None:
        details: Mapping[str, Json] = {
            "export": export.id,
            "format": export.name,
            "count": export.count,
            "after": export.wanted.after,
            "filter": [name for name in _FILTERS if getattr(export.wanted, name) is not None],
        }
        await self._log.note(
            Event(
                kind=Kind.EXPORT,
                at=now(),
                agency=export.agency,
                official=export.official,
                result=result,
                reason=reason,
                details=details,
            )
        )


_FILTERS = (
    "start", "end", "kind", "agency", "official", "purpose", "source", "outcome", "case", "subject_ref",
    "exchange_id", "text",
)  # fmt: skip
