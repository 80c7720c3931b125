"""Acts of needs assessment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "assessments",
        sa.Column("id", sa.String(length=36), nullable=False, comment="random"),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("exchange_id", sa.String(length=36), nullable=False, comment="whose answer filled it"),
        sa.Column("official", sa.String(length=64), nullable=False, comment="who began it"),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="draft or completed"),
        sa.Column("cells", sa.LargeBinary(), nullable=False, comment="envelope under the subject's key"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_assessments_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    op.create_index(op.f("ix_assessments_subject_ref"), "assessments", ["subject_ref"])
    op.create_index(op.f("ix_assessments_expires_at"), "assessments", ["expires_at"])
    op.create_index(op.f("ix_assessments_agency_case_id"), "assessments", ["agency", "case_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("assessments")
