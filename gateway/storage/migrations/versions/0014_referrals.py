"""Referrals, what agencies add to an assessment, and subscriptions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "referrals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind", sa.String(length=16), nullable=False, comment="referral, or contribution to an assessment"
        ),
        sa.Column("sender", sa.String(length=64), nullable=False, comment="whose case it is"),
        sa.Column(
            "official", sa.String(length=64), nullable=False, comment="the sender's, who answers for it now"
        ),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("receiver", sa.String(length=64), nullable=False),
        sa.Column("receiver_official", sa.String(length=64), server_default="", nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column(
            "sections", sa.Text(), nullable=False, comment="JSON list: the parts of the assessment asked for"
        ),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column(
            "reason", sa.String(length=64), nullable=False, comment="a code: why it was rejected or revoked"
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="envelope: what is said of her"),
        sa.Column(
            "outcome", sa.LargeBinary(), nullable=True, comment="envelope: what the receiver says at its end"
        ),
        sa.Column("exchange_id", sa.String(length=36), nullable=False),
        sa.Column(
            "message_id", sa.String(length=36), nullable=False, comment="what it left with; empty before that"
        ),
        sa.Column(
            "predecessor", sa.String(length=36), nullable=False, comment="the one that was transferred"
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True, comment="by when the next step is owed"),
        sa.Column(
            "remind_at", sa.BigInteger(), nullable=True, comment="when whoever owes it is reminded, once"
        ),
        sa.Column(
            "escalated_to", sa.String(length=64), nullable=False, comment="the role that it was escalated to"
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_referrals_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
    )
    op.create_index(op.f("ix_referrals_due_at"), "referrals", ["due_at"], unique=False)
    op.create_index(op.f("ix_referrals_receiver_id"), "referrals", ["receiver", "id"], unique=False)
    op.create_index(op.f("ix_referrals_sender_id"), "referrals", ["sender", "id"], unique=False)
    op.create_index(op.f("ix_referrals_subject_ref"), "referrals", ["subject_ref"], unique=False)
    op.create_table(
        "contributions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=128), nullable=False, comment="of the agency's key that signed"),
        sa.Column("sections", sa.Text(), nullable=False, comment="JSON list of what is said something about"),
        sa.Column("is_whole", sa.Boolean(), nullable=False, comment="whether the agency has nothing to add"),
        sa.Column("signed", sa.LargeBinary(), nullable=False, comment="envelope: the JWS as it came"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_contributions_referral_id")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_contributions_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contributions")),
    )
    op.create_index(op.f("ix_contributions_referral_id"), "contributions", ["referral_id"], unique=False)
    op.create_index(op.f("ix_contributions_subject_ref"), "contributions", ["subject_ref"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column(
            "fields", sa.Text(), nullable=False, comment="JSON list of the fields watched; all when empty"
        ),
        sa.Column("reference", sa.String(length=128), nullable=False, comment="the subscriber's own"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="active or ended"),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="a code: why it ended"),
        sa.Column(
            "seen",
            sa.LargeBinary(),
            nullable=True,
            comment="envelope: digests of what was found last, by source",
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("check_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_subscriptions_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_agency_id"), "subscriptions", ["agency", "id"], unique=False)
    op.create_index(
        op.f("ix_subscriptions_state_check_at"), "subscriptions", ["state", "check_at"], unique=False
    )
    op.create_index(op.f("ix_subscriptions_subject_ref"), "subscriptions", ["subject_ref"], unique=False)


def downgrade() -> None:
    """Go back."""
    for table in ("subscriptions", "contributions", "referrals"):
        op.drop_table(table)
