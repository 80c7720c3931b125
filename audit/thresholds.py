"""From when on a rule speaks: read from `thresholds.toml`, or from a deployment's own file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ConfigDict

from contracts.reading import ContractInvalidError, Whole, read

OURS = Path(__file__).parent / "thresholds.toml"


@dataclass(frozen=True, slots=True)
class Closed:
    """A section that takes no unknown key."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class BurstAt(Closed):
    """So many people within so many minutes."""

    people: Whole
    minutes: Whole


@dataclass(frozen=True, slots=True)
class NightAt(Closed):
    """So many questions in one night: between these hours, or on a weekend."""

    from_hour: Whole
    until_hour: Whole
    questions: Whole


@dataclass(frozen=True, slots=True)
class MissesAt(Closed):
    """So many questions that found nobody or were refused, within so many hours."""

    questions: Whole
    hours: Whole


@dataclass(frozen=True, slots=True)
class AgenciesAt(Closed):
    """So many agencies about one person within so many days."""

    agencies: Whole
    days: Whole


@dataclass(frozen=True, slots=True)
class PeersAt(Closed):
    """So many times the median of at least `officials` others, and at least so many people."""

    times: Whole
    people: Whole
    officials: Whole


@dataclass(frozen=True, slots=True)
class Thresholds(Closed):
    """The file as a whole."""

    time_zone: str
    burst: BurstAt
    night: NightAt
    near_misses: MissesAt
    many_agencies: AgenciesAt
    peers: PeersAt

    @property
    def zone(self) -> ZoneInfo:
        """Give the time zone."""
        return ZoneInfo(self.time_zone)

    @classmethod
    def load(cls, path: Path = OURS) -> Thresholds:
        """Read the file, or raise `ContractInvalidError` that names file, line and remedy."""
        page = read(path, cls)
        if page.content.time_zone not in available_timezones():
            fault = page.fault(("time_zone",), "no such time zone", "write one like Europe/Kyiv")
            raise ContractInvalidError((fault,))
        return page.content
