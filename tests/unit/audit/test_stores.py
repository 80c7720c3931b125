"""Which database a URL asks for."""

from __future__ import annotations

import pytest

from audit.log import Log
from audit.store import AuditUnavailableError
from tests.unit.audit.records import (
    SIGNER,
)


def test_a_url_of_another_database_is_refused() -> None:
    """Only databases that the record knows are taken, and none in memory alone."""
    with pytest.raises(AuditUnavailableError):
        Log.at("mysql://localhost/record", SIGNER, "")
    with pytest.raises(AuditUnavailableError):
        Log.at("sqlite+aiosqlite://", SIGNER, "")
