"""What tells of a source, a purpose or a result is found by an index; what witnesses have seen."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TELLING: Mapping[str, str] = {
    "sqlite": """INSERT INTO audit_sources (source, idx)
        SELECT DISTINCT named.value, entries.idx FROM audit_entries AS entries,
        json_each('["' || replace(trim(entries.sources), ' ', '","') || '"]') AS named
        WHERE entries.sources <> ''""",
    "postgresql": """INSERT INTO audit_sources (source, idx)
        SELECT DISTINCT named, idx FROM audit_entries, unnest(string_to_array(trim(sources), ' ')) AS named
        WHERE sources <> ''""",
}
"""What is recorded already tells of sources, too."""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "audit_sources",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("source", "idx"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_witness_sizes",
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("witness"),
    )
    op.create_table(
        "audit_witnessed",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="microseconds since 1970, UTC"),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_index("audit_entries_purpose", "audit_entries", ["purpose", "idx"])
    op.create_index("audit_entries_result", "audit_entries", ["result", "idx"])
    op.execute(TELLING[op.get_bind().dialect.name])


def downgrade() -> None:
    """Go back."""
    op.drop_index("audit_entries_result", "audit_entries")
    op.drop_index("audit_entries_purpose", "audit_entries")
    op.drop_table("audit_witnessed")
    op.drop_table("audit_witness_sizes")
    op.drop_table("audit_sources")
