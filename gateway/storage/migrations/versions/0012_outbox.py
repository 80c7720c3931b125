"""What is pushed: messages, their attempts, and what has come in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_OPEN, _READY = sa.text("state IN ('ready', 'queued')"), sa.text("state = 'ready'")
_LETTER = sa.text("state IN ('dead', 'unknown')")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="who gets it"),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column(
            "key", sa.String(length=128), nullable=False, comment="what order is kept by: a case, a person"
        ),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=True, comment="the sender's"),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column(
            "covers", sa.Text(), nullable=False, comment="JSON: source to fields of hers that it holds"
        ),
        sa.Column(
            "duty",
            sa.String(length=32),
            nullable=False,
            comment="by which it is owed, where it holds nothing of her",
        ),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("exchange_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="envelope; empty once it has arrived"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "due_at", sa.BigInteger(), nullable=False, comment="the next attempt, or the end of a lease"
        ),
        sa.Column(
            "holder", sa.String(length=32), nullable=True, comment="the lease of the attempt under way"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "lost", sa.Integer(), nullable=False, comment="attempts that broke down inside: poison, or a kill"
        ),
        sa.Column(
            "doubtful", sa.SmallInteger(), nullable=False, comment="1 where an attempt may have arrived"
        ),
        sa.Column(
            "code", sa.String(length=64), nullable=False, comment="how the last attempt went, or why it ended"
        ),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_outbox_subject_ref")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
    )
    op.create_index("uq_outbox_id", "outbox", ["id"], unique=True)
    op.create_index(op.f("ix_outbox_subject_ref"), "outbox", ["subject_ref"])
    op.create_index(op.f("ix_outbox_sender_seq"), "outbox", ["sender", "seq"])
    _partial("ix_outbox_lane", ["agency", "key", "seq"], _OPEN)
    _partial("ix_outbox_due", ["agency", "priority", "due_at"], _READY)
    _partial("ix_outbox_expiry", ["expires_at"], _OPEN)
    _partial("ix_outbox_letters", ["seq"], _LETTER)
    op.create_table(
        "outbox_attempts",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["outbox.id"], name=op.f("fk_outbox_attempts_message_id")),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_outbox_attempts")),
    )
    op.create_table(
        "inbox",
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of what came"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "id", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_at"), "inbox", ["at"])


def _partial(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Go back."""
    for table in ("inbox", "outbox_attempts", "outbox"):
        op.drop_table(table)
