"""Offers, what is promised and given of them, partners who register themselves, reports told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "offer_imports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="running, done or refused"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False, comment="rows that had been submitted before"),
        sa.Column("faults", sa.Text(), nullable=False, comment="JSON: row, pointer and code of each"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_imports")),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column(
            "external_id", sa.String(length=64), nullable=False, comment="the partner's own name for it"
        ),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: everything that the partner wrote"),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the content as it was first submitted",
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("valid_until", sa.String(length=10), nullable=False, comment="the last day, inclusive"),
        sa.Column(
            "confirmed_at",
            sa.BigInteger(),
            nullable=False,
            comment="when the partner last said that it still holds",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.String(length=36), nullable=True, comment="the upload that it came with"),
        sa.CheckConstraint(
            "reserved >= 0 AND delivered >= 0 AND reserved + delivered <= total",
            name=op.f("ck_offers_not_oversold"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offers_import_id"), ["import_id"], unique=False)
        batch_op.create_index("uq_offers_partner_external_id", ["partner", "external_id"], unique=True)

    op.create_table(
        "partners",
        sa.Column("id", sa.String(length=64), nullable=False, comment="the agency id"),
        sa.Column("scheme", sa.String(length=32), nullable=False, comment="of its identifier"),
        sa.Column("identifier", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False, comment="JSON: names, contacts by role, public keys"),
        sa.Column(
            "contract", sa.String(length=80), nullable=False, comment="digest of the contract agreed to"
        ),
        sa.Column("approved_by", sa.Text(), nullable=False, comment="JSON list of officials"),
        sa.Column(
            "registered",
            sa.String(length=16),
            nullable=False,
            comment="what the companies register says of it",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
    )
    with op.batch_alter_table("partners", schema=None) as batch_op:
        batch_op.create_index("uq_partners_identifier", ["scheme", "identifier"], unique=True)

    op.create_table(
        "report_releases",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False, comment="the partner, or `public`"),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="how many tables the reader had been told before"
        ),
        sa.Column(
            "cohort", sa.String(length=64), nullable=False, comment="SHA-256 of template, area and period"
        ),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "told",
            sa.LargeBinary(),
            nullable=False,
            comment="the table as it was told: a repetition gets the same",
        ),
        sa.Column(
            "true_counts",
            sa.LargeBinary(),
            nullable=False,
            comment="what the ledger compares by; state side only",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_releases")),
    )
    with op.batch_alter_table("report_releases", schema=None) as batch_op:
        batch_op.create_index("uq_report_releases_cohort", ["reader", "cohort"], unique=True)
        batch_op.create_index("uq_report_releases_number", ["reader", "number"], unique=True)

    op.create_table(
        "unmet_needs",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=False, comment="no narrower than a hromada"),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "area", "category", "reason", name=op.f("pk_unmet_needs")),
    )
    op.create_table(
        "allocations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("offer_id", sa.String(length=36), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False, comment="whose case worker holds it"),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="until when a hold stands"),
        sa.Column("promised_at", sa.BigInteger(), nullable=True, comment="when it was confirmed"),
        sa.Column("due_at", sa.BigInteger(), nullable=True, comment="when the lead time is over"),
        sa.Column(
            "accepted", sa.Boolean(), nullable=False, comment="whether the partner has ever accepted it"
        ),
        sa.Column(
            "counted_on",
            sa.String(length=10),
            nullable=False,
            comment="the day it counts for: promised, then delivered",
        ),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column(
            "person_key",
            sa.BigInteger(),
            nullable=False,
            comment="32 bits of the cell-key method: no pseudonym",
        ),
        sa.Column("age_band", sa.String(length=8), nullable=False),
        sa.Column("sex", sa.String(length=8), nullable=False),
        sa.Column("factor", sa.String(length=24), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_allocations_something")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_allocations_offer_id")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_allocations_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocations_counted_on"), ["counted_on"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_allocations_offer_id_state"), ["offer_id", "state"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_allocations_partner_counted_on"), ["partner", "counted_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_allocations_state_expires_at"), ["state", "expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_allocations_subject_ref"), ["subject_ref"], unique=False)

    op.create_table(
        "households",
        sa.Column("subject_ref", sa.String(length=32), nullable=False),
        sa.Column("other_ref", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["other_ref"], ["subjects.ref"], name=op.f("fk_households_other_ref")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subjects.ref"], name=op.f("fk_households_subject_ref")),
        sa.PrimaryKeyConstraint("subject_ref", "other_ref", name=op.f("pk_households")),
    )
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_households_other_ref"), ["other_ref"], unique=False)

    op.create_table(
        "offer_areas",
        sa.Column(
            "area", sa.String(length=20), nullable=False, comment="the part of an area's code that names it"
        ),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("offer_id", sa.String(length=36), nullable=False),
        sa.Column(
            "beside",
            sa.Boolean(),
            nullable=False,
            comment="the offer is for somewhere within, not for all of it",
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_areas_offer_id")),
        sa.PrimaryKeyConstraint("area", "category", "offer_id", name=op.f("pk_offer_areas")),
    )
    with op.batch_alter_table("offer_areas", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_areas_offer_id"), ["offer_id"], unique=False)
