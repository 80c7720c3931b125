"""What keeps the exchange answerable: notices, safe contacts, holds, erasures, unsealings, acquaintances."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


TOMBSTONES: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        """CREATE TRIGGER subjects_stay_erased BEFORE INSERT ON subjects
           WHEN EXISTS (SELECT 1 FROM erasures WHERE subject_ref = NEW.ref)
           BEGIN SELECT RAISE(ABORT, 'erased'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION subjects_stay_erased() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN
             IF EXISTS (SELECT 1 FROM erasures WHERE subject_ref = NEW.ref) THEN
               RAISE EXCEPTION 'erased' USING ERRCODE = 'integrity_constraint_violation';
             END IF;
             RETURN NEW;
           END $$""",
        """CREATE TRIGGER subjects_stay_erased BEFORE INSERT ON subjects
           FOR EACH ROW EXECUTE FUNCTION subjects_stay_erased()""",
    ),
}
"""A row that comes back from an old copy is refused while its tombstone stands."""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "erasures",
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_ref", name=op.f("pk_erasures")),
    )
    op.create_table(
        "acquaintances",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False, comment="self, family or colleague"),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_acquaintances_subject_ref")),
        sa.PrimaryKeyConstraint("agency", "official", "subject_ref", name=op.f("pk_acquaintances")),
    )
    with op.batch_alter_table("acquaintances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acquaintances_subject_ref"), ["subject_ref"], unique=False)

    op.create_table(
        "legal_holds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_legal_holds_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    with op.batch_alter_table("legal_holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_holds_subject_ref"), ["subject_ref"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column(
            "about",
            sa.String(length=64),
            nullable=False,
            comment="the case, or the exchange where there is none",
        ),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=8), nullable=False, comment="tell now, later or never"),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column(
            "exchange_id", sa.String(length=36), nullable=False, comment="the first that had to be told of"
        ),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True, comment="empty where the law forbids to tell"),
        sa.Column("article", sa.Text(), nullable=False, comment="the article that delays or forbids it"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, sent, or suppressed"),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(due IS NULL) = (state = 'suppressed')", name=op.f("ck_notices_suppressed_by_law_alone")
        ),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_notices_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_state_due"), ["state", "due"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_subject_ref"), ["subject_ref"], unique=False)
        batch_op.create_index(
            "uq_notices_once", ["subject_ref", "agency", "about", "source", "rule"], unique=True
        )

    op.create_table(
        "safe_contacts",
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column(
            "contact", sa.LargeBinary(), nullable=False, comment="envelope: channel and address that are safe"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_safe_contacts_subject_ref")),
        sa.PrimaryKeyConstraint("subject_ref", name=op.f("pk_safe_contacts")),
    )
    op.create_table(
        "unsealings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="a code"),
        sa.Column(
            "approved_by",
            sa.String(length=129),
            nullable=True,
            comment="agency/official: another person than the requester",
        ),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="requested, approved, refused or opened"
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_unsealings_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsealings")),
    )
    with op.batch_alter_table("unsealings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unsealings_subject_ref"), ["subject_ref"], unique=False)

    for statement in TOMBSTONES[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: holds and tombstones would be lost."""
    message = "holds and tombstones are not deleted by a migration"
    raise NotImplementedError(message)
