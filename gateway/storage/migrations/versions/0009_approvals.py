"""Approvals that registries take by one-time code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="when the consent would end"),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False, comment="the last code"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="until then the code counts"),
        sa.Column("sent", sa.Integer(), nullable=False, comment="codes so far"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="wrong codes so far"),
        sa.Column(
            "outcome", sa.String(length=16), nullable=False, comment="empty, given, ended, expired or failed"
        ),
        sa.Column("reference", sa.Text(), nullable=False, comment="the registry's own id of it"),
        sa.Column("person", sa.LargeBinary(), nullable=True, comment="envelope: the registry's id of her"),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_approvals_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_subject_ref_agency"), "approvals", ["subject_ref", "agency"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("approvals")
