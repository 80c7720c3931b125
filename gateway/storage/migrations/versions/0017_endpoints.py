"""Where agencies take their messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "endpoints",
        sa.Column("agency", sa.String(length=64), nullable=False, comment="each has one place at most"),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="webhook, fhir, xroad-rest, xroad-soap, mail",
        ),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="unverified, active or paused"),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="why it is paused: a code"),
        sa.Column("generation", sa.Integer(), nullable=False, comment="of its secret, which is kept nowhere"),
        sa.Column(
            "overlap_until",
            sa.BigInteger(),
            nullable=False,
            comment="until then the secret before signs, too",
        ),
        sa.Column("failing_since", sa.BigInteger(), nullable=True, comment="empty while it answers"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="attempts in a row that did not arrive"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False, comment="who changed it last"),
        sa.PrimaryKeyConstraint("agency", name=op.f("pk_endpoints")),
        sa.UniqueConstraint("id", name=op.f("uq_endpoints_id")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("endpoints")
