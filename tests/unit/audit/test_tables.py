"""The tables refuse to be changed."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.unit.audit.records import (
    engine_at,
    event,
    log_at,
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET reason = 'x'",
        "DELETE FROM audit_entries",
        "UPDATE audit_checkpoints SET size = 2",
        "DELETE FROM audit_checkpoints",
        "INSERT INTO audit_head (id, size) VALUES (2, 0)",
    ],
)
async def test_the_tables_refuse_to_be_changed(database: str, statement: str) -> None:
    """Entries and heads can be neither changed nor removed, and there is one size."""
    async with log_at(database) as log:
        await log.note(event())
    async with engine_at(database) as engine:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO audit_checkpoints (size, note, at) VALUES (1, '', 0)"))
        with pytest.raises(DBAPIError, match=r"append-only|audit_head_is_one_row|CHECK"):
            async with engine.begin() as connection:
                await connection.execute(text(statement))
