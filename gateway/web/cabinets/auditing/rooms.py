"""Every router of the auditor's cabinet."""

from __future__ import annotations

from types import ModuleType

from gateway.web.cabinets.auditing import exchanges, findings, overview, papers, searching, unsealing

AUDITING: tuple[ModuleType, ...] = (overview, searching, exchanges, findings, papers, unsealing)
