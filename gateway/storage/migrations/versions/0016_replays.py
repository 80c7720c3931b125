"""Dead letters that are sent again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("outbox") as table:
        table.add_column(
            sa.Column(
                "contract",
                sa.String(80),
                nullable=False,
                server_default="",
                comment="digest, as it was submitted",
            )
        )
        table.add_column(sa.Column("replay_id", sa.String(36), comment="the last replay that sent it again"))
        table.create_index(op.f("ix_outbox_replay_id"), ["replay_id"])
    op.create_table(
        "outbox_replays",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False, comment="JSON: which dead letters"),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="whose official it was"),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="running, done or stopped"),
        sa.Column("code", sa.String(length=32), nullable=False, comment="why it was stopped"),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column(
            "until", sa.BigInteger(), nullable=False, comment="the new end of those whose time was over"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="up to which message it has come"),
        sa.Column("next_at", sa.BigInteger(), nullable=False, comment="when a worker goes on with it"),
        sa.Column("revived", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False, comment="no longer permitted"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_replays")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("outbox_replays")
    with op.batch_alter_table("outbox") as table:
        table.drop_index(op.f("ix_outbox_replay_id"))
        table.drop_column("replay_id")
        table.drop_column("contract")
