"""What people ask about the use of their data, as a queue of those who have to answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "appeals",
        sa.Column(
            "id",
            sa.String(length=36),
            nullable=False,
            comment="the entry that made it; her words are sealed there",
        ),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column(
            "matter", sa.String(length=16), nullable=False, comment="objection, complaint or correction"
        ),
        sa.Column("exchange_id", sa.String(length=36), nullable=False, comment="empty: about none"),
        sa.Column("source", sa.String(length=64), nullable=False, comment="empty: about no register"),
        sa.Column(
            "addressee", sa.String(length=64), nullable=False, comment="an agency; empty: the oversight body"
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False, comment="the last day for an answer"),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="who answered"),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False, comment="empty until it is answered"),
        sa.Column("answer_id", sa.String(length=36), nullable=False, comment="the entry of the answer"),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_appeals_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
    )
    op.create_index(op.f("ix_appeals_subject_ref"), "appeals", ["subject_ref"])
    op.create_index(
        op.f("ix_appeals_addressee_answered_at_due_on"), "appeals", ["addressee", "answered_at", "due_on"]
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("appeals")
