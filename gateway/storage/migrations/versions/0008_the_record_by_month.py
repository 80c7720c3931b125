"""The record has a partition for each month on PostgreSQL; SQLite keeps it as it is."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from audit.months import AHEAD, Month, months_from
from audit.store import instant
from audit.tables import beneath

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

EARLY = "audit_entries_early"
SUFFIXES = ("agency", "at", "case", "exchange", "kind", "official", "purpose", "result", "subject")
KEYS = (
    "ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_order UNIQUE (idx, at)",
    "ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_id UNIQUE (id, at)",
)
INDEXES = (
    "CREATE INDEX audit_entries_exchange ON audit_entries (exchange_id)",
    "CREATE INDEX audit_entries_agency ON audit_entries (agency, idx)",
    "CREATE INDEX audit_entries_official ON audit_entries (official, idx)",
    "CREATE INDEX audit_entries_case ON audit_entries (case_id, idx)",
    "CREATE INDEX audit_entries_subject ON audit_entries (subject_ref, idx)",
    "CREATE INDEX audit_entries_purpose ON audit_entries (purpose, idx)",
    "CREATE INDEX audit_entries_result ON audit_entries (result, idx)",
    "CREATE INDEX audit_entries_kind ON audit_entries (kind, at)",
    "CREATE INDEX audit_entries_at ON audit_entries (at)",
)


def upgrade() -> None:
    """Go forward: what is there becomes the first partition as it stands, up to the end of this month."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    connection.execute(sa.text("LOCK TABLE audit_head, audit_entries IN ACCESS EXCLUSIVE MODE"))
    newest = connection.scalar(sa.text("SELECT max(at) FROM audit_entries"))
    now = datetime.now(UTC)
    following = Month.of(max(now, instant(newest)) if newest is not None else now).next
    bounds = f"FOR VALUES FROM (MINVALUE) TO ({following.start})"
    for statement in (
        f"ALTER TABLE audit_entries RENAME TO {EARLY}",
        *(f"ALTER INDEX audit_entries_{suffix} RENAME TO {EARLY}_{suffix}" for suffix in SUFFIXES),
        f"CREATE TABLE audit_entries (LIKE {EARLY} INCLUDING COMMENTS) PARTITION BY RANGE (at)",
        *KEYS,
        *INDEXES,
        *beneath(),
        f"INSERT INTO audit_entries_ids SELECT id FROM {EARLY}",  # noqa: S608  constants
        f"ALTER TABLE audit_entries ATTACH PARTITION {EARLY} {bounds}",
        *(statement for month in months_from(following, AHEAD) for statement in month.statements()),
    ):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: one table again would have to be written anew from all months."""
    message = "the record is not written anew by a migration"
    raise NotImplementedError(message)
