"""What a deployment has set for its facades, and their routers in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.bus import Bus


@dataclass(frozen=True, slots=True)
class Facades:
    """The settings that facades need. `bus` is None for who is on none.

    `spdci_identifiers` says which scheme each of SPDCI's identifier types is here.
    """

    bus: Bus | None
    spdci_identifiers: Mapping[str, str]
