"""The simulated registries that cannot be asked: each leaves an extract in a folder, every night."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

from joserfc.jwk import ECKey

from adapters.catalog import Entry, find_registries
from adapters.protocols.drop_serving import Sender
from contracts.vocabulary import Source

WAIT: Final = 0.02
"""Seconds between two looks whether the extracts have been taken."""


def sender_of(entry: Entry) -> Sender | None:
    """Give a registry's nightly job, None for one that is asked."""
    drop = entry.manifest.drop
    return Sender(entry.source, drop, entry.folder / "samples" / "records.json") if drop else None


class Nightly:
    """The jobs of all that send extracts, into folders named as their sources; `key` is the gateway's."""

    def __init__(self, root: Path, key: ECKey, entries: Iterable[Entry] | None = None) -> None:
        self._root = root
        self._key = key
        known = find_registries().values() if entries is None else entries
        self._senders = {entry.source: sender for entry in known if (sender := sender_of(entry))}

    @property
    def folders(self) -> dict[Source, Path]:
        """Give where each leaves its extracts."""
        return {source: self._root / source for source in self._senders}

    def send(self) -> None:
        """Send today's extract of each."""
        for source, folder in self.folders.items():
            self._senders[source].send(folder, self._key, datetime.now(UTC).date())

    async def run(self) -> None:
        """Send at each midnight, until cancelled."""
        while True:
            now = datetime.now(UTC)
            midnight = datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
            await asyncio.sleep((midnight - now).total_seconds())
            await asyncio.to_thread(self.send)

    async def taken(self) -> None:
        """Wait until the gateway has looked at all that was sent."""
        incoming = [folder / "incoming" for folder in self.folders.values()]
        while any(list(folder.glob("*.jwe")) for folder in incoming):  # noqa: ASYNC110  other processes take
            await asyncio.sleep(WAIT)
