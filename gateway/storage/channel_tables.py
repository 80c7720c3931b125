"""The tables of where messages go; see `gateway.storage.tables` for the habits."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from gateway.storage.tables import metadata

endpoints = Table(
    "endpoints",
    metadata,
    Column("agency", String(64), primary_key=True, comment="each has one place at most"),
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(16), nullable=False, comment="webhook, fhir, xroad-rest, xroad-soap, mail"),
    Column("address", Text, nullable=False),
    Column("state", String(16), nullable=False, comment="unverified, active or paused"),
    Column("reason", String(64), nullable=False, comment="why it is paused: a code"),
    Column("generation", Integer, nullable=False, comment="of its secret, which is kept nowhere"),
    Column("overlap_until", BigInteger, nullable=False, comment="until then the secret before signs, too"),
    Column("failing_since", BigInteger, comment="empty while it answers"),
    Column("failures", Integer, nullable=False, comment="attempts in a row that did not arrive"),
    Column("version", Integer, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("official", String(64), nullable=False, comment="who changed it last"),
)

tellings = Table(
    "tellings",
    metadata,
    Column("kind", String(16), primary_key=True, comment="recall, correction or request"),
    Column("about", String(36), primary_key=True, comment="the consent or the correction"),
    Column("agency", String(64), primary_key=True),
    Column("stage", String(16), primary_key=True, comment="told, or reminded: each happens once"),
    Column("message_id", String(36), nullable=False, comment="empty where it cannot be sent to the agency"),
    Column("at", BigInteger, nullable=False),
)

correction_outcomes = Table(
    "correction_outcomes",
    metadata,
    Column("correction_id", String(36), primary_key=True, comment="the entry that asked for it"),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("agency", String(64), nullable=False, comment="the register's owner"),
    Column("official", String(64), nullable=False),
    Column("outcome", String(16), nullable=False, comment="corrected or refused"),
    Column("at", BigInteger, nullable=False),
)

correction_recipients = Table(
    "correction_recipients",
    metadata,
    Column("correction_id", ForeignKey("correction_outcomes.correction_id"), primary_key=True),
    Column("agency", String(64), primary_key=True, comment="who was told the wrong value"),
    Column("exchanges", Text, nullable=False, comment="JSON: in which exchanges"),
    Column("due_on", String(10), nullable=False, comment="the last day to acknowledge"),
    Column("acknowledged_at", BigInteger),
    Column("official", String(64), nullable=False, server_default=""),
    Index(None, "agency", "acknowledged_at"),
)

carried = Table(
    "carried",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("sender", String(128), nullable=False, comment="the gateway from which the bundle came"),
    Column("id", String(36), nullable=False),
    Column("agency", String(64), nullable=False, comment="who gets it"),
    Column("event", LargeBinary, nullable=False, comment="the CloudEvent: its data is sealed to the agency"),
    Column("expires_at", BigInteger, nullable=False),
    Column("came_at", BigInteger, nullable=False),
    Column("acknowledged_at", BigInteger),
    Index("uq_carried_once", "sender", "id", unique=True),
    Index(None, "agency", "acknowledged_at", "seq"),
)
"""What came in bundles for agencies that fetch here."""
