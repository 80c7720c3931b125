"""The partner's pages, for the list of all cabinets."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from gateway.web.cabinets.partnering import joining, offers, overview, reports, requests, uploads

PARTNERING: Final[tuple[ModuleType, ...]] = (overview, requests, offers, uploads, reports, joining)
