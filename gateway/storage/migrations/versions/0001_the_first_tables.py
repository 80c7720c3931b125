"""The first tables, and the record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.tables import FIRST_ROW, TRIGGERS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "exchanges",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="running, answered or refused"),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("contract", sa.String(length=80), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True, comment="envelope under the subject's key"),
        sa.Column("problem", sa.String(length=64), nullable=True, comment="the slug, where refused"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
    )
    with op.batch_alter_table("exchanges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchanges_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "key_checks",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "check_value",
            sa.LargeBinary(),
            nullable=False,
            comment="recognises the key file; reveals nothing of it",
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_key_checks")),
    )
    op.create_table(
        "replies",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="SHA-256 of route and Idempotency-Key"
        ),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Integer(),
            nullable=True,
            comment="empty while the first request is still being answered",
        ),
        sa.Column(
            "reply",
            sa.LargeBinary(),
            nullable=True,
            comment="headers and body; never values: answers are kept sealed",
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "key", name=op.f("pk_replies")),
    )
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_replies_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "subjects",
        sa.Column(
            "ref",
            sa.String(length=32),
            nullable=False,
            comment="random 128 bits, hex: the pseudonym in the record",
        ),
        sa.Column(
            "wrapped_key", sa.LargeBinary(), nullable=False, comment="the subject's data key beneath a KEK"
        ),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column(
            "identity", sa.LargeBinary(), nullable=False, comment="envelope: identifiers, name, birth date"
        ),
        sa.Column("masks", sa.Text(), nullable=False, comment="JSON list of categories that safety hides"),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_subjects")),
    )
    with op.batch_alter_table("subjects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subjects_kek_version"), ["kek_version"], unique=False)

    op.create_table(
        "used_assertions",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column(
            "jti", sa.String(length=64), nullable=False, comment="SHA-256: its length is the caller's choice"
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "jti", name=op.f("pk_used_assertions")),
    )
    with op.batch_alter_table("used_assertions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_assertions_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "cases",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("officials", sa.Text(), nullable=False, comment="JSON list of official ids"),
        sa.Column("opened", sa.String(length=10), nullable=False),
        sa.Column(
            "closed",
            sa.String(length=10),
            nullable=True,
            comment="the first day on which the case is no longer open",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_cases_subject_ref")),
        sa.PrimaryKeyConstraint("agency", "id", name=op.f("pk_cases")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False, comment="JSON list of sources"),
        sa.Column("given_by", sa.String(length=16), nullable=False),
        sa.Column(
            "evidence", sa.Text(), nullable=False, comment="reference or digest of the authority's document"
        ),
        sa.Column("notice_digest", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint("given_at < until", name=op.f("ck_consents_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_consents_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consents_subject_ref_consumer_purpose"),
            ["subject_ref", "consumer", "purpose"],
            unique=False,
        )

    op.create_table(
        "subject_identifiers",
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.Column(
            "blind", sa.LargeBinary(length=16), nullable=False, comment="keyed blind index of the value"
        ),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_ref"], ["subjects.ref"], name=op.f("fk_subject_identifiers_subject_ref")
        ),
        sa.PrimaryKeyConstraint("scheme", "blind", "subject_ref", name=op.f("pk_subject_identifiers")),
    )
    with op.batch_alter_table("subject_identifiers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subject_identifiers_subject_ref"), ["subject_ref"], unique=False)
        batch_op.create_index(
            "uq_subject_identifiers_numbers",
            ["scheme", "blind"],
            unique=True,
            sqlite_where=sa.text("scheme <> 'name'"),
            postgresql_where=sa.text("scheme <> 'name'"),
        )

    op.create_table(
        "consent_events",
        sa.Column("consent_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind", sa.String(length=32), nullable=False, comment="given, withdrawn, …: each happens once"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="a code"),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_consent_events_consent_id")),
        sa.PrimaryKeyConstraint("consent_id", "kind", name=op.f("pk_consent_events")),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="microseconds since 1970, UTC"),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "audit_entries",
        sa.Column(
            "idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="microseconds since 1970, UTC"),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("official", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_ref", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False, comment="space before and after each"),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx"),
        sa.UniqueConstraint("id"),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("audit_entries_agency", ["agency", "idx"], unique=False)
        batch_op.create_index("audit_entries_at", ["at"], unique=False)
        batch_op.create_index("audit_entries_case", ["case_id", "idx"], unique=False)
        batch_op.create_index("audit_entries_exchange", ["exchange_id"], unique=False)
        batch_op.create_index("audit_entries_kind", ["kind", "at"], unique=False)
        batch_op.create_index("audit_entries_official", ["official", "idx"], unique=False)
        batch_op.create_index("audit_entries_subject", ["subject_ref", "idx"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="audit_head_is_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "audit_tiles",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "idx"),
    )
    op.execute(FIRST_ROW)
    for trigger in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(trigger)


def downgrade() -> None:
    """Refuse: going back from here would delete the record."""
    message = "the record is not deleted by a migration"
    raise NotImplementedError(message)
