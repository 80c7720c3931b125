"""The gateway's table of assessment acts. The rules of `gateway.storage.tables` hold here, too."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from gateway.storage.tables import metadata

assessments = Table(
    "assessments",
    metadata,
    Column("id", String(36), primary_key=True, comment="random"),
    Column("agency", String(64), nullable=False),
    Column("case_id", String(64), nullable=False),
    Column("subject_ref", ForeignKey("subjects.ref"), nullable=False, index=True),
    Column("exchange_id", String(36), nullable=False, comment="whose answer filled it"),
    Column("official", String(64), nullable=False, comment="who began it"),
    Column("form", String(64), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("language", String(8), nullable=False),
    Column("state", String(16), nullable=False, comment="draft or completed"),
    Column("cells", LargeBinary, nullable=False, comment="envelope under the subject's key"),
    Column("version", Integer, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Index(None, "agency", "case_id"),
)
