"""The tables of where messages go; see `gateway.storage.tables` for the habits."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

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
