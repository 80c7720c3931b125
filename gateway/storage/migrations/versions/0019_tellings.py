"""What agencies were told of recalls and corrections, and what came in bundles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "tellings",
        sa.Column("kind", sa.String(length=16), nullable=False, comment="recall, correction or request"),
        sa.Column("about", sa.String(length=36), nullable=False, comment="the consent or the correction"),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column(
            "stage", sa.String(length=16), nullable=False, comment="told, or reminded: each happens once"
        ),
        sa.Column(
            "message_id",
            sa.String(length=36),
            nullable=False,
            comment="empty where it cannot be sent to the agency",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "about", "agency", "stage", name=op.f("pk_tellings")),
    )
    op.create_table(
        "correction_outcomes",
        sa.Column(
            "correction_id", sa.String(length=36), nullable=False, comment="the entry that asked for it"
        ),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="the register's owner"),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False, comment="corrected or refused"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_ref"], ["subjects.ref"], name=op.f("fk_correction_outcomes_subject_ref")
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_correction_outcomes")),
    )
    op.create_index(op.f("ix_correction_outcomes_subject_ref"), "correction_outcomes", ["subject_ref"])
    op.create_table(
        "correction_recipients",
        sa.Column("correction_id", sa.String(length=36), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="who was told the wrong value"),
        sa.Column("exchanges", sa.Text(), nullable=False, comment="JSON: in which exchanges"),
        sa.Column("due_on", sa.String(length=10), nullable=False, comment="the last day to acknowledge"),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("official", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["correction_outcomes.correction_id"],
            name=op.f("fk_correction_recipients_correction_id"),
        ),
        sa.PrimaryKeyConstraint("correction_id", "agency", name=op.f("pk_correction_recipients")),
    )
    op.create_index(
        op.f("ix_correction_recipients_agency_acknowledged_at"),
        "correction_recipients",
        ["agency", "acknowledged_at"],
    )
    op.create_table(
        "carried",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True),
        sa.Column(
            "sender", sa.String(length=128), nullable=False, comment="the gateway from which the bundle came"
        ),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="who gets it"),
        sa.Column(
            "event",
            sa.LargeBinary(),
            nullable=False,
            comment="the CloudEvent: its data is sealed to the agency",
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("came_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_carried")),
    )
    op.create_index("uq_carried_once", "carried", ["sender", "id"], unique=True)
    op.create_index(
        op.f("ix_carried_agency_acknowledged_at_seq"), "carried", ["agency", "acknowledged_at", "seq"]
    )


def downgrade() -> None:
    """Go back."""
    for table in ("carried", "correction_recipients", "correction_outcomes", "tellings"):
        op.drop_table(table)
