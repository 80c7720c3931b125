"""The tables of what is pushed; see `gateway.storage.tables` for the habits."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from gateway.storage.tables import metadata

_OPEN, _READY = text("state IN ('ready', 'queued')"), text("state = 'ready'")
_LETTER = text("state IN ('dead', 'unknown')")

outbox = Table(
    "outbox",
    metadata,
    # Given under the record's lock: the order of the rows is the order of their entries.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False),
    Column("type", String(64), nullable=False),
    Column("agency", String(64), nullable=False, comment="who gets it"),
    Column("sender", String(64), nullable=False),
    Column("official", String(64), nullable=False),
    Column("key", String(128), nullable=False, comment="what order is kept by: a case, a person"),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("case_id", String(64), comment="the sender's"),
    Column("purpose", String(64), nullable=False),
    Column("covers", Text, nullable=False, comment="JSON: source to fields of hers that it holds"),
    Column("duty", String(32), nullable=False, comment="by which it is owed, where it holds nothing of her"),
    Column("priority", SmallInteger, nullable=False),
    Column("exchange_id", String(36), nullable=False),
    Column("content", LargeBinary, comment="envelope; empty once it has arrived"),
    Column("state", String(16), nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False, comment="the next attempt, or the end of a lease"),
    Column("holder", String(32), comment="the lease of the attempt under way"),
    Column("attempts", Integer, nullable=False),
    Column("lost", Integer, nullable=False, comment="attempts that broke down inside: poison, or a kill"),
    Column("doubtful", SmallInteger, nullable=False, comment="1 where an attempt may have arrived"),
    Column("code", String(64), nullable=False, comment="how the last attempt went, or why it ended"),
    Column("settled_at", BigInteger),
    Column("contract", String(80), nullable=False, server_default="", comment="digest, as it was submitted"),
    Column("replay_id", String(36), comment="the last replay that sent it again"),
    Index("uq_outbox_id", "id", unique=True),
    Index("ix_outbox_lane", "agency", "key", "seq", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_outbox_due", "agency", "priority", "due_at", sqlite_where=_READY, postgresql_where=_READY),
    Index("ix_outbox_expiry", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_outbox_letters", "seq", sqlite_where=_LETTER, postgresql_where=_LETTER),
    Index(None, "sender", "seq"),
    Index(None, "replay_id"),
)
"""One row a message. The head of each (agency, key) is `ready`, those behind it are `queued`."""

outbox_attempts = Table(
    "outbox_attempts",
    metadata,
    Column("message_id", ForeignKey("outbox.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("code", String(64), nullable=False),
)
"""The attempts that did not end well: the one that did is the message's own end."""

outbox_replays = Table(
    "outbox_replays",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("selection", Text, nullable=False, comment="JSON: which dead letters"),
    Column("agency", String(64), nullable=False, comment="whose official it was"),
    Column("official", String(64), nullable=False),
    Column("state", String(16), nullable=False, comment="running, done or stopped"),
    Column("code", String(32), nullable=False, comment="why it was stopped"),
    Column("per_minute", Integer, nullable=False),
    Column("until", BigInteger, nullable=False, comment="the new end of those whose time was over"),
    Column("at", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False, comment="up to which message it has come"),
    Column("next_at", BigInteger, nullable=False, comment="when a worker goes on with it"),
    Column("revived", Integer, nullable=False),
    Column("refused", Integer, nullable=False, comment="no longer permitted"),
    Column("ended_at", BigInteger),
)

inbox = Table(
    "inbox",
    metadata,
    Column("sender", String(64), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("digest", String(64), nullable=False, comment="SHA-256 of what came"),
    Column("at", BigInteger, nullable=False, index=True),
)
"""What has come in, so that it counts once."""
