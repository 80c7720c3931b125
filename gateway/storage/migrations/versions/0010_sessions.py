"""Sessions of those who sign in to the cabinets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "sessions",
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the id that the browser holds",
        ),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False, comment="empty where a person signed in"),
        sa.Column(
            "subject_ref", sa.String(length=32), nullable=True, comment="the person, where one signed in"
        ),
        sa.Column("level", sa.Integer(), nullable=False, comment="of assurance"),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_seen_at"), "sessions", ["seen_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("sessions")
