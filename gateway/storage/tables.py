"""The gateway's own tables (the record's are in `audit.tables`).

Times are microseconds since 1970 UTC, dates are ISO text: both databases then compare, index and
bind them alike. A person's identifiers stand here only as envelopes and keyed blind indexes.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

subjects = Table(
    "subjects",
    metadata,
    Column("ref", String(32), primary_key=True, comment="random 128 bits, hex: the pseudonym in the record"),
    Column("wrapped_key", LargeBinary, nullable=False, comment="the subject's data key beneath a KEK"),
    Column("kek_version", Integer, nullable=False, index=True),
    Column("identity", LargeBinary, nullable=False, comment="envelope: identifiers, name, birth date"),
    Column("masks", Text, nullable=False, comment="JSON list of categories that safety hides"),
    Column("shielded_from", Text, nullable=False, server_default="[]", comment="JSON list of refs, or *"),
    Column("capacity", String(16), nullable=False, server_default="able"),
)

subject_identifiers = Table(
    "subject_identifiers",
    metadata,
    Column("scheme", String(32), primary_key=True),
    Column("blind", LargeBinary(16), primary_key=True, comment="keyed blind index of the value"),
    Column("subject_ref", ForeignKey("subjects.ref"), primary_key=True, index=True),
    # A number belongs to one person; a name and birth date may belong to several.
    Index(
        "uq_subject_identifiers_numbers",
        "scheme",
        "blind",
        unique=True,
        sqlite_where=text("scheme <> 'name'"),
        postgresql_where=text("scheme <> 'name'"),
    ),
)

cases = Table(
    "cases",
    metadata,
    Column("agency", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False),
    Column("officials", Text, nullable=False, comment="JSON list of official ids"),
    Column("opened", String(10), nullable=False),
    Column("closed", String(10), comment="the first day on which the case is no longer open"),
    Column("version", Integer, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False),
    Column("consumer", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("sources", Text, nullable=False, comment="JSON list of sources"),
    Column("given_by", String(16), nullable=False),
    Column("evidence", Text, nullable=False, comment="reference or digest of the authority's document"),
    Column("notice_digest", String(80), nullable=False),
    Column("language", String(8), nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("recorded_by", String(64), nullable=False),
    Column("giver_ref", String(32), comment="the parent or guardian, where it is known who"),
    Column("authority_until", BigInteger, comment="when the authority of the parent or guardian ends"),
    Column("categories", Text, comment="JSON list; empty means every category"),
    Column("operations", Text, nullable=False, server_default='["pull"]', comment="JSON list"),
    Column("uses", Integer, comment="how many releases may rest on it; empty means any number"),
    Column("per", BigInteger, comment="microseconds in which that many may; empty means in all its time"),
    Column("assisted_by", String(64), nullable=False, server_default="", comment="the official who helped"),
    Column("witness", String(64), nullable=False, server_default=""),
    Column("scan_digest", String(80), nullable=False, server_default=""),
    CheckConstraint("given_at < until", name="ends_after_it_begins"),
    Index(None, "subject_ref", "consumer", "purpose"),
)

consent_events = Table(
    "consent_events",
    metadata,
    Column("consent_id", ForeignKey("consents.id"), primary_key=True),
    Column("kind", String(32), primary_key=True, comment="given, withdrawn, …: each happens once"),
    Column("at", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", String(64), nullable=False, comment="a code"),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("agency", String(64), nullable=False),
    Column("state", String(16), nullable=False, comment="running, answered or refused"),
    Column("subject_ref", String(32), nullable=False),
    Column("contract", String(80), nullable=False),
    Column("answer", LargeBinary, comment="envelope under the subject's key"),
    Column("problem", String(64), comment="the slug, where refused"),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

replies = Table(
    "replies",
    metadata,
    Column("agency", String(64), primary_key=True),
    Column("key", String(64), primary_key=True, comment="SHA-256 of route and Idempotency-Key"),
    Column("body_digest", String(64), nullable=False),
    Column("status", Integer, comment="empty while the first request is still being answered"),
    Column("reply", LargeBinary, comment="headers and body; never values: answers are kept sealed"),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

used_assertions = Table(
    "used_assertions",
    metadata,
    Column("agency", String(64), primary_key=True),
    Column("jti", String(64), primary_key=True, comment="SHA-256: its length is the caller's choice"),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

key_checks = Table(
    "key_checks",
    metadata,
    Column("version", Integer, primary_key=True),
    Column(
        "check_value", LargeBinary, nullable=False, comment="recognises the key file; reveals nothing of it"
    ),
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("agency", String(64), nullable=False),
    Column("about", String(64), nullable=False, comment="the case, or the exchange where there is none"),
    Column("source", String(64), nullable=False),
    Column("rule", String(8), nullable=False, comment="tell now, later or never"),
    Column("purpose", String(64), nullable=False),
    Column("exchange_id", String(36), nullable=False, comment="the first that had to be told of"),
    Column("asked_at", BigInteger, nullable=False),
    Column("due", BigInteger, comment="empty where the law forbids to tell"),
    Column("article", Text, nullable=False, comment="the article that delays or forbids it"),
    Column("state", String(16), nullable=False, comment="waiting, sent, or suppressed"),
    Column("sent_at", BigInteger),
    CheckConstraint("(due IS NULL) = (state = 'suppressed')", name="suppressed_by_law_alone"),
    # Told once of each case and registry, however often it was asked.
    Index("uq_notices_once", "subject_ref", "agency", "about", "source", "rule", unique=True),
    Index(None, "state", "due"),
)

safe_contacts = Table(
    "safe_contacts",
    metadata,
    Column("subject_ref", ForeignKey("subjects.ref"), primary_key=True),
    Column("contact", LargeBinary, nullable=False, comment="envelope: channel and address that are safe"),
    Column("at", BigInteger, nullable=False),
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", String(36), primary_key=True, comment="the entry that made it; her words are sealed there"),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("matter", String(16), nullable=False, comment="objection, complaint or correction"),
    Column("exchange_id", String(36), nullable=False, comment="empty: about none"),
    Column("source", String(64), nullable=False, comment="empty: about no register"),
    Column("addressee", String(64), nullable=False, comment="an agency; empty: the oversight body"),
    Column("made_at", BigInteger, nullable=False),
    Column("due_on", String(10), nullable=False, comment="the last day for an answer"),
    Column("answered_at", BigInteger),
    Column("agency", String(64), nullable=False, comment="who answered"),
    Column("official", String(64), nullable=False),
    Column("outcome", String(16), nullable=False, comment="empty until it is answered"),
    Column("answer_id", String(36), nullable=False, comment="the entry of the answer"),
    Index(None, "addressee", "answered_at", "due_on"),
)

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("citation", Text, nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("placed_at", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("lifted_at", BigInteger),
)

erasures = Table(
    "erasures",
    metadata,
    Column("subject_ref", String(32), primary_key=True),
    Column("reason", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Tombstones: a row of `subjects` that comes back from an old copy is refused by a trigger."""

unsealings = Table(
    "unsealings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("event_id", String(36), nullable=False),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("agency", String(64), nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("reason", String(64), nullable=False, comment="a code"),
    Column("approved_by", String(129), comment="agency/official: another person than the requester"),
    Column("state", String(16), nullable=False, comment="requested, approved, refused or opened"),
    Column("expires_at", BigInteger, nullable=False),
)

acquaintances = Table(
    "acquaintances",
    metadata,
    Column("agency", String(64), primary_key=True),
    Column("official", String(64), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), primary_key=True, index=True),
    Column("relation", String(16), nullable=False, comment="self, family or colleague"),
)
"""Whom an official knows in private, as the agency's own staff office says: by pseudonym."""

source_calls = Table(
    "source_calls",
    metadata,
    Column("day", String(10), primary_key=True, comment="ISO date, UTC"),
    Column("source", String(64), primary_key=True),
    Column("purpose", String(64), primary_key=True),
    Column("asked", BigInteger, nullable=False),
    Column("repeated", BigInteger, nullable=False),
    Column("joined", BigInteger, nullable=False, comment="an identical question was under way"),
    Column("spared", BigInteger, nullable=False, comment="resting, in maintenance, or beyond a quota"),
)

source_drift = Table(
    "source_drift",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("change", String(8), primary_key=True, comment="new, gone or code"),
    Column("member", String(200), primary_key=True, comment="where in the answer: names, never a value"),
    Column("exchange_id", String(36), nullable=False, comment="the first exchange that showed it"),
    Column("seen_at", BigInteger, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    Column("schema", String, primary_key=True),
    Column("object_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("snapshot", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("predecessor", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("subject_ref", String, ForeignKey("subjects.ref"), nullable=True, index=True),
)
"""Documents as chains of revisions (`gateway.revisions`): each is written once."""
