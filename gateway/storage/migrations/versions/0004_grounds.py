"""What grounds need beside a bare consent: its uses and recalls, requests, protection, emergencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "court_orders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False, comment="JSON list of sources"),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.CheckConstraint("begins < until", name=op.f("ck_court_orders_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_court_orders_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_court_orders")),
    )
    with op.batch_alter_table("court_orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_court_orders_subject_ref_consumer"), ["subject_ref", "consumer"], unique=False
        )

    op.create_table(
        "emergencies",
        sa.Column(
            "exchange_id", sa.String(length=36), nullable=False, comment="the exchange that declared it"
        ),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column(
            "reason", sa.LargeBinary(), nullable=False, comment="envelope: why, in the official's words"
        ),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("review_due", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewer", sa.String(length=64), server_default="", nullable=False),
        sa.Column(
            "verdict",
            sa.String(length=16),
            server_default="",
            nullable=False,
            comment="justified or unjustified",
        ),
        sa.Column("note", sa.LargeBinary(), nullable=True, comment="envelope: what the reviewer says"),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_emergencies_subject_ref")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_emergencies")),
    )
    with op.batch_alter_table("emergencies", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_emergencies_agency_reviewed_at_review_due"),
            ["agency", "reviewed_at", "review_due"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_emergencies_subject_ref"), ["subject_ref"], unique=False)

    op.create_table(
        "protections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column(
            "danger", sa.String(length=32), nullable=False, comment="violence, child-protection or witness"
        ),
        sa.Column("masks", sa.Text(), nullable=False, comment="JSON list of categories"),
        sa.Column("shielded_from", sa.Text(), nullable=False, comment="JSON list of refs, or *"),
        sa.Column("evidence", sa.Text(), nullable=False, comment="reference of the decision it rests on"),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.String(length=64), server_default="", nullable=False, comment="the agency"),
        sa.Column("lifting_official", sa.String(length=64), server_default="", nullable=False),
        sa.Column(
            "lifting_second",
            sa.String(length=64),
            server_default="",
            nullable=False,
            comment="the second person",
        ),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_protections_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protections")),
    )
    with op.batch_alter_table("protections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_protections_subject_ref"), ["subject_ref"], unique=False)

    op.create_table(
        "consent_requests",
        sa.Column(
            "id", sa.String(length=36), nullable=False, comment="random: the address of the person's page"
        ),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False, comment="JSON list of sources"),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column(
            "until", sa.BigInteger(), nullable=False, comment="when the consent that is asked for would end"
        ),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "code",
            sa.LargeBinary(length=16),
            nullable=False,
            comment="keyed digest of the code in the message",
        ),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="wrong codes so far"),
        sa.Column(
            "outcome", sa.String(length=16), nullable=False, comment="empty, given, refused or expired"
        ),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("consent_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_consent_requests_consent_id")),
        sa.ForeignKeyConstraint(
            ["subject_ref"], ["subjects.ref"], name=op.f("fk_consent_requests_subject_ref")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_requests")),
    )
    with op.batch_alter_table("consent_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_requests_outcome_expires_at"), ["outcome", "expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_consent_requests_subject_ref_consumer_purpose_asked_at"),
            ["subject_ref", "consumer", "purpose", "asked_at"],
            unique=False,
        )

    op.create_table(
        "consent_uses",
        sa.Column("consent_id", sa.String(length=36), nullable=False),
        sa.Column("exchange_id", sa.String(length=36), nullable=False),
        sa.Column(
            "agency",
            sa.String(length=64),
            nullable=False,
            comment="who received what was told on this ground",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_consent_uses_consent_id")),
        sa.PrimaryKeyConstraint("consent_id", "exchange_id", name=op.f("pk_consent_uses")),
    )
    with op.batch_alter_table("consent_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_uses_exchange_id"), ["exchange_id"], unique=False)

    op.create_table(
        "recalls",
        sa.Column("consent_id", sa.String(length=36), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="a past recipient"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False, comment="the last day to acknowledge"),
        sa.Column("announced", sa.Integer(), nullable=False, comment="1 once the record tells of it"),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("official", sa.String(length=64), server_default="", nullable=False),
        sa.Column(
            "outcome",
            sa.String(length=16),
            server_default="",
            nullable=False,
            comment="what the recipient did",
        ),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_recalls_consent_id")),
        sa.PrimaryKeyConstraint("consent_id", "agency", name=op.f("pk_recalls")),
    )
    with op.batch_alter_table("recalls", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recalls_agency_acknowledged_at"), ["agency", "acknowledged_at"], unique=False
        )

    op.create_table(
        "waiting_exchanges",
        sa.Column("exchange_id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="envelope: the query as it was asked"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["consent_requests.id"], name=op.f("fk_waiting_exchanges_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_ref"], ["subjects.ref"], name=op.f("fk_waiting_exchanges_subject_ref")
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_waiting_exchanges")),
    )
    with op.batch_alter_table("waiting_exchanges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_exchanges_request_id"), ["request_id"], unique=False)

    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "giver_ref",
                sa.String(length=32),
                nullable=True,
                comment="the parent or guardian, where it is known who",
            )
        )
        batch_op.add_column(
            sa.Column(
                "authority_until",
                sa.BigInteger(),
                nullable=True,
                comment="when the authority of the parent or guardian ends",
            )
        )
        batch_op.add_column(
            sa.Column("categories", sa.Text(), nullable=True, comment="JSON list; empty means every category")
        )
        batch_op.add_column(
            sa.Column("operations", sa.Text(), server_default='["pull"]', nullable=False, comment="JSON list")
        )
        batch_op.add_column(
            sa.Column(
                "uses",
                sa.Integer(),
                nullable=True,
                comment="how many releases may rest on it; empty means any number",
            )
        )
        batch_op.add_column(
            sa.Column(
                "per",
                sa.BigInteger(),
                nullable=True,
                comment="microseconds in which that many may; empty means in all its time",
            )
        )
        batch_op.add_column(
            sa.Column(
                "assisted_by",
                sa.String(length=64),
                server_default="",
                nullable=False,
                comment="the official who helped",
            )
        )
        batch_op.add_column(sa.Column("witness", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("scan_digest", sa.String(length=80), server_default="", nullable=False))

    with op.batch_alter_table("subjects", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "shielded_from",
                sa.Text(),
                server_default="[]",
                nullable=False,
                comment="JSON list of refs, or *",
            )
        )
        batch_op.add_column(
            sa.Column("capacity", sa.String(length=16), server_default="able", nullable=False)
        )


def downgrade() -> None:
    """Refuse: going back would forget who withdrew what."""
    message = "consents are not forgotten by a migration"
    raise NotImplementedError(message)
