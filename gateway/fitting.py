"""From settings to what the cabinets stand on: where people sign in, what needs upkeep, the clock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from audit.log import Log
from config.settings import Settings
from contracts.proposals import Proposals
from contracts.words import Vocabulary
from gateway.sealing.keys import KeyRing
from gateway.signin.desk import Desk
from gateway.signin.opening import open_desk
from gateway.storage.engine import Database
from gateway.subjects import Subjects
from gateway.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Fittings:
    """What is only there for people before screens. `zone` is the clock by which they are told times."""

    desk: Desk
    upkeep: Upkeep
    zone: ZoneInfo
    country: str


def fit(
    settings: Settings,
    database: Database,
    ring: KeyRing,
    log: Log,
    people: tuple[Subjects, Vocabulary],
    stack: AsyncExitStack,
) -> Fittings:
    """Put it together; what has to be closed is closed with `stack`. Raises as `open_desk`."""
    return Fittings(
        open_desk(settings.sign_in, settings, database, ring, log, people, stack),
        Upkeep(
            database,
            ring,
            _certificates(settings),
            Proposals(settings.contracts, settings.signatories),
        ),
        ZoneInfo(settings.time_zone),
        settings.country,
    )


def _certificates(settings: Settings) -> Mapping[str, Path]:
    """Name every file of certificates that the settings mention, by what it is for."""
    bus, sign_in = settings.bus, settings.sign_in
    named = {"bus, ours": bus.certificate, "bus, security server": bus.peer, "sign-in, CA": sign_in.ca}
    for name, source in settings.sources.items():
        named |= {f"{name}, ours": source.certificate, f"{name}, CA": source.ca}
    return {use: path for use, path in named.items() if path}
