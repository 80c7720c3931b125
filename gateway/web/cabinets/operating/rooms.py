"""The routers of the operator's cabinet."""

from __future__ import annotations

from types import ModuleType

from gateway.web.cabinets.operating import agencies, contracts, keys, overview, queues, sources

OPERATING: tuple[ModuleType, ...] = (overview, sources, queues, contracts, keys, agencies)
