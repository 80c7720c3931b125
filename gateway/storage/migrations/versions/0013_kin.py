"""Who is family by what registries said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "kin",
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column(
            "blind",
            sa.LargeBinary(length=16),
            nullable=False,
            comment="keyed blind index of a name and birth date",
        ),
        sa.Column(
            "own", sa.Boolean(), nullable=False, comment="of the person herself; else of one of her family"
        ),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_kin_subject_ref")),
        sa.PrimaryKeyConstraint("subject_ref", "blind", "own", name=op.f("pk_kin")),
    )
    op.create_index(op.f("ix_kin_blind"), "kin", ["blind"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("kin")
