"""Every router of the cabinets, each room's where it belongs."""

from __future__ import annotations

from types import ModuleType

from gateway.web.cabinets import assets, entrance, signing_in
from gateway.web.cabinets.auditing.rooms import AUDITING
from gateway.web.cabinets.casework import rooms as casework
from gateway.web.cabinets.operating.rooms import OPERATING
from gateway.web.cabinets.partnering.rooms import PARTNERING
from gateway.web.cabinets.personal.rooms import PERSONAL

ROOMS: tuple[ModuleType, ...] = (
    assets,
    entrance,
    signing_in,
    casework,
    *OPERATING,
    *PERSONAL,
    *PARTNERING,
    *AUDITING,
)
