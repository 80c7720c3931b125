"""The routers of all facades, for the application to take in."""

from __future__ import annotations

from types import ModuleType

from pydantic import BaseModel

from gateway.web.facades import bus_rest, govstack, govstack_records, spdci, xroad_soap
from gateway.web.facades.spdci_message import SpdciBody

FACADES: tuple[ModuleType, ...] = (xroad_soap, bus_rest, spdci, govstack, govstack_records)
FACADE_BODIES: tuple[type[BaseModel], ...] = (SpdciBody,)
"""What they read themselves, for `/openapi.json`."""
