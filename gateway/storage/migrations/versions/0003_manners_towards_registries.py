"""What registries were asked and spared, and how their answers have drifted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "source_calls",
        sa.Column("day", sa.String(length=10), nullable=False, comment="ISO date, UTC"),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("repeated", sa.BigInteger(), nullable=False),
        sa.Column("joined", sa.BigInteger(), nullable=False, comment="an identical question was under way"),
        sa.Column(
            "spared", sa.BigInteger(), nullable=False, comment="resting, in maintenance, or beyond a quota"
        ),
        sa.PrimaryKeyConstraint("day", "source", "purpose", name=op.f("pk_source_calls")),
    )
    op.create_table(
        "source_drift",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("change", sa.String(length=8), nullable=False, comment="new, gone or code"),
        sa.Column(
            "member",
            sa.String(length=200),
            nullable=False,
            comment="where in the answer: names, never a value",
        ),
        sa.Column(
            "exchange_id",
            sa.String(length=36),
            nullable=False,
            comment="the first exchange that showed it",
        ),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "change", "member", name=op.f("pk_source_drift")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("source_drift")
    op.drop_table("source_calls")
