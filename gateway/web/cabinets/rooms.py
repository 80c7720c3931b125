"""Every router of the cabinets, each room's where it belongs."""

from __future__ import annotations

from types import ModuleType

from gateway.web.cabinets import assets, entrance

ROOMS: tuple[ModuleType, ...] = (
    assets,
    entrance,
)
