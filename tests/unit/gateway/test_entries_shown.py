"""The auditor's pages have words for whatever the record may hold."""

from __future__ import annotations

from audit.event import Kind
from gateway.web.cabinets.auditing.shown import KINDS


def test_every_kind_of_entry_has_words() -> None:
    """No entry is shown by a bare code, and none is without words."""
    assert KINDS.keys() == set(Kind)
