"""Every router of the person's cabinet."""

from __future__ import annotations

from types import ModuleType

from gateway.web.cabinets.personal import appeals, consents, contact, helped, home, looks

PERSONAL: tuple[ModuleType, ...] = (home, looks, consents, appeals, helped, contact)
