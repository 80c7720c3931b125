"""The tables of referrals, of what agencies add to an assessment, and of subscriptions.

Rows of `gateway.storage.tables` keep the same habits: nothing of a person stands here but in envelopes.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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

referrals = Table(
    "referrals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False, comment="referral, or contribution to an assessment"),
    Column("sender", String(64), nullable=False, comment="whose case it is"),
    Column("official", String(64), nullable=False, comment="the sender's, who answers for it now"),
    Column("case_id", String(64), nullable=False),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("receiver", String(64), nullable=False),
    Column("receiver_official", String(64), nullable=False, server_default=""),
    Column("purpose", String(64), nullable=False),
    Column("priority", String(8), nullable=False),
    Column("sections", Text, nullable=False, comment="JSON list: the parts of the assessment asked for"),
    Column("stage", String(16), nullable=False),
    Column("reason", String(64), nullable=False, comment="a code: why it was rejected or revoked"),
    Column("content", LargeBinary, nullable=False, comment="envelope: what is said of her"),
    Column("outcome", LargeBinary, comment="envelope: what the receiver says at its end"),
    Column("exchange_id", String(36), nullable=False),
    Column("message_id", String(36), nullable=False, comment="what it left with; empty before that"),
    Column("predecessor", String(36), nullable=False, comment="the one that was transferred"),
    Column("made_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("due_at", BigInteger, comment="by when the next step is owed"),
    Column("remind_at", BigInteger, comment="when whoever owes it is reminded, once"),
    Column("escalated_to", String(64), nullable=False, comment="the role that it was escalated to"),
    Column("version", Integer, nullable=False),
    Index(None, "sender", "id"),
    Index(None, "receiver", "id"),
    Index(None, "due_at"),
)

contributions = Table(
    "contributions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("referral_id", ForeignKey("referrals.id"), nullable=False, index=True),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("agency", String(64), nullable=False),
    Column("official", String(64), nullable=False),
    Column("key_id", String(128), nullable=False, comment="of the agency's key that signed"),
    Column("sections", Text, nullable=False, comment="JSON list of what is said something about"),
    Column("is_whole", Boolean, nullable=False, comment="whether the agency has nothing to add"),
    Column("signed", LargeBinary, nullable=False, comment="envelope: the JWS as it came"),
    Column("at", BigInteger, nullable=False),
)
"""Kept as signed: a later one adds to the earlier and replaces what it says anew."""

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("agency", String(64), nullable=False),
    Column("official", String(64), nullable=False),
    Column("case_id", String(64), nullable=False),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("purpose", String(64), nullable=False),
    Column("fields", Text, nullable=False, comment="JSON list of the fields watched; all when empty"),
    Column("reference", String(128), nullable=False, comment="the subscriber's own"),
    Column("state", String(16), nullable=False, comment="active or ended"),
    Column("reason", String(64), nullable=False, comment="a code: why it ended"),
    Column("seen", LargeBinary, comment="envelope: digests of what was found last, by source"),
    Column("made_at", BigInteger, nullable=False),
    Column("check_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "agency", "id"),
    Index(None, "state", "check_at"),
)
