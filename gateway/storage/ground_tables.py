"""The gateway's tables of grounds: what rested on a consent, who is asked for one, who is protected.

Consents themselves stand in `gateway.storage.tables`, whose rules hold here, too.
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
    String,
    Table,
    Text,
)

from gateway.storage.tables import metadata

consent_uses = Table(
    "consent_uses",
    metadata,
    Column("consent_id", ForeignKey("consents.id"), primary_key=True),
    Column("exchange_id", String(36), primary_key=True),
    Column("agency", String(64), nullable=False, comment="who received what was told on this ground"),
    Column("at", BigInteger, nullable=False),
    Index(None, "exchange_id"),
)

recalls = Table(
    "recalls",
    metadata,
    Column("consent_id", ForeignKey("consents.id"), primary_key=True),
    Column("agency", String(64), primary_key=True, comment="a past recipient"),
    Column("made_at", BigInteger, nullable=False),
    Column("due_on", String(10), nullable=False, comment="the last day to acknowledge"),
    Column("announced", Integer, nullable=False, comment="1 once the record tells of it"),
    Column("acknowledged_at", BigInteger),
    Column("official", String(64), nullable=False, server_default=""),
    Column("outcome", String(16), nullable=False, server_default="", comment="what the recipient did"),
    Index(None, "agency", "acknowledged_at"),
)

consent_requests = Table(
    "consent_requests",
    metadata,
    Column("id", String(36), primary_key=True, comment="random: the address of the person's page"),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False),
    Column("consumer", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("sources", Text, nullable=False, comment="JSON list of sources"),
    Column("case_id", String(64), nullable=False),
    Column("official", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("until", BigInteger, nullable=False, comment="when the consent that is asked for would end"),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("code", LargeBinary(16), nullable=False, comment="keyed digest of the code in the message"),
    Column("attempts", Integer, nullable=False, comment="wrong codes so far"),
    Column("outcome", String(16), nullable=False, comment="empty, given, refused or expired"),
    Column("answered_at", BigInteger),
    Column("consent_id", ForeignKey("consents.id")),
    Index(None, "subject_ref", "consumer", "purpose", "asked_at"),
    Index(None, "outcome", "expires_at"),
)

waiting_exchanges = Table(
    "waiting_exchanges",
    metadata,
    Column("exchange_id", String(36), primary_key=True),
    Column("request_id", ForeignKey("consent_requests.id"), nullable=False, index=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("body", LargeBinary, nullable=False, comment="envelope: the query as it was asked"),
)

protections = Table(
    "protections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("danger", String(32), nullable=False, comment="violence, child-protection or witness"),
    Column("masks", Text, nullable=False, comment="JSON list of categories"),
    Column("shielded_from", Text, nullable=False, comment="JSON list of refs, or *"),
    Column("evidence", Text, nullable=False, comment="reference of the decision it rests on"),
    Column("agency", String(64), nullable=False),
    Column("official", String(64), nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("lifted_at", BigInteger),
    Column("lifted_by", String(64), nullable=False, server_default="", comment="the agency"),
    Column("lifting_official", String(64), nullable=False, server_default=""),
    Column("lifting_second", String(64), nullable=False, server_default="", comment="the second person"),
)

court_orders = Table(
    "court_orders",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False),
    Column("consumer", String(64), nullable=False),
    Column("citation", Text, nullable=False),
    Column("sources", Text, nullable=False, comment="JSON list of sources"),
    Column("begins", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("official", String(64), nullable=False),
    CheckConstraint("begins < until", name="ends_after_it_begins"),
    Index(None, "subject_ref", "consumer"),
)

emergencies = Table(
    "emergencies",
    metadata,
    Column("exchange_id", String(36), primary_key=True, comment="the exchange that declared it"),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("official", String(64), nullable=False),
    Column("case_id", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("reason", LargeBinary, nullable=False, comment="envelope: why, in the official's words"),
    Column("begun_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("review_due", BigInteger, nullable=False),
    Column("reviewed_at", BigInteger),
    Column("reviewer", String(64), nullable=False, server_default=""),
    Column("verdict", String(16), nullable=False, server_default="", comment="justified or unjustified"),
    Column("note", LargeBinary, comment="envelope: what the reviewer says"),
    Index(None, "agency", "reviewed_at", "review_due"),
    Index(None, "subject_ref"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("official", String(64), nullable=False),
    Column("case_id", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("until", BigInteger, nullable=False, comment="when the consent would end"),
    Column("asked_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=False, comment="the last code"),
    Column("expires_at", BigInteger, nullable=False, comment="until then the code counts"),
    Column("sent", Integer, nullable=False, comment="codes so far"),
    Column("attempts", Integer, nullable=False, comment="wrong codes so far"),
    Column("outcome", String(16), nullable=False, comment="empty, given, ended, expired or failed"),
    Column("reference", Text, nullable=False, comment="the registry's own id of it"),
    Column("person", LargeBinary, comment="envelope: the registry's id of her"),
    Index(None, "subject_ref", "agency"),
)
