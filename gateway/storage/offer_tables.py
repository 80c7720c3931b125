"""The tables of what partners offer and what was given of it; see `gateway.storage.tables` for the habits."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from gateway.storage.tables import metadata

offers = Table(
    "offers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("partner", String(64), nullable=False),
    Column("external_id", String(64), nullable=False, comment="the partner's own name for it"),
    Column("state", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("category", String(32), nullable=False),
    Column("content", Text, nullable=False, comment="JSON: everything that the partner wrote"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the content as it was first submitted"),
    Column("total", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("valid_from", String(10), nullable=False),
    Column("valid_until", String(10), nullable=False, comment="the last day, inclusive"),
    Column(
        "confirmed_at", BigInteger, nullable=False, comment="when the partner last said that it still holds"
    ),
    Column("version", Integer, nullable=False),
    Column("import_id", String(36), index=True, comment="the upload that it came with"),
    # Whatever goes wrong anywhere, nothing is ever promised twice.
    CheckConstraint(
        "reserved >= 0 AND delivered >= 0 AND reserved + delivered <= total", name="not_oversold"
    ),
    Index("uq_offers_partner_external_id", "partner", "external_id", unique=True),
)

offer_areas = Table(
    "offer_areas",
    metadata,
    Column("area", String(20), primary_key=True, comment="the part of an area's code that names it"),
    Column("category", String(32), primary_key=True),
    Column("offer_id", ForeignKey("offers.id"), primary_key=True, index=True),
    Column("beside", Boolean, nullable=False, comment="the offer is for somewhere within, not for all of it"),
    # Of the tens of thousands that lie somewhere in a country a search wants the few that are for all of it.
    Index(None, "area", "category", "beside", "offer_id"),
)
"""Where an offer can be found: at its own areas, and beside everybody else in what they lie in."""

allocations = Table(
    "allocations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("offer_id", ForeignKey("offers.id"), nullable=False),
    Column("agency", String(64), nullable=False, comment="whose case worker holds it"),
    Column("official", String(64), nullable=False),
    Column("case_id", String(64), nullable=False),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False, comment="until when a hold stands"),
    Column("promised_at", BigInteger, comment="when it was confirmed"),
    Column("due_at", BigInteger, comment="when the lead time is over"),
    Column("accepted", Boolean, nullable=False, comment="whether the partner has ever accepted it"),
    Column(
        "counted_on", String(10), nullable=False, comment="the day it counts for: promised, then delivered"
    ),
    # What reports count by, as it was when the promise was made.
    Column("partner", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("category", String(32), nullable=False),
    Column("person_key", BigInteger, nullable=False, comment="32 bits of the cell-key method: no pseudonym"),
    Column("age_band", String(8), nullable=False),
    Column("sex", String(8), nullable=False),
    Column("factor", String(24), nullable=False),
    Column("area", String(20), nullable=False),
    CheckConstraint("quantity > 0", name="something"),
    Index(None, "offer_id", "state"),
    Index(None, "state", "expires_at"),
    Index(None, "partner", "counted_on"),
    Index(None, "counted_on"),
)
"""From the hold to the delivery: one row is one promise to one person."""

offer_imports = Table(
    "offer_imports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("partner", String(64), nullable=False),
    Column("state", String(16), nullable=False, comment="running, done or refused"),
    Column("rows", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("known", Integer, nullable=False, comment="rows that had been submitted before"),
    Column("faults", Text, nullable=False, comment="JSON: row, pointer and code of each"),
    Column("at", BigInteger, nullable=False),
)

partners = Table(
    "partners",
    metadata,
    Column("id", String(64), primary_key=True, comment="the agency id"),
    Column("scheme", String(32), nullable=False, comment="of its identifier"),
    Column("identifier", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("entry", Text, nullable=False, comment="JSON: names, contacts by role, public keys"),
    Column("contract", String(80), nullable=False, comment="digest of the contract agreed to"),
    Column("approved_by", Text, nullable=False, comment="JSON list of officials"),
    Column("registered", String(16), nullable=False, comment="what the companies register says of it"),
    Column("version", Integer, nullable=False),
    Index("uq_partners_identifier", "scheme", "identifier", unique=True),
)

households = Table(
    "households",
    metadata,
    Column("subject_ref", ForeignKey("subjects.ref"), primary_key=True),
    Column("other_ref", ForeignKey("subjects.ref"), primary_key=True, index=True),
)
"""Who lives with whom, both ways: the same help for the same family is seen by the case worker."""

kin = Table(
    "kin",
    metadata,
    Column("subject_ref", ForeignKey("subjects.ref"), primary_key=True),
    Column("blind", LargeBinary(16), primary_key=True, comment="keyed blind index of a name and birth date"),
    Column("own", Boolean, primary_key=True, comment="of the person herself; else of one of her family"),
    Index(None, "blind"),
)
"""Who is family by what registries said: whoever is on file under a name that a relative's history gave."""

report_releases = Table(
    "report_releases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("reader", String(64), nullable=False, comment="the partner, or `public`"),
    Column("number", Integer, nullable=False, comment="how many tables the reader had been told before"),
    Column("cohort", String(64), nullable=False, comment="SHA-256 of template, area and period"),
    Column("template", String(32), nullable=False),
    Column("area", String(20), nullable=False),
    Column("first_day", String(10), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column(
        "told", LargeBinary, nullable=False, comment="the table as it was told: a repetition gets the same"
    ),
    Column(
        "true_counts", LargeBinary, nullable=False, comment="what the ledger compares by; state side only"
    ),
    Index("uq_report_releases_cohort", "reader", "cohort", unique=True),
    Index("uq_report_releases_number", "reader", "number", unique=True),
)

unmet_needs = Table(
    "unmet_needs",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("area", String(20), primary_key=True, comment="no narrower than a hromada"),
    Column("category", String(32), primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("count", Integer, nullable=False),
)
