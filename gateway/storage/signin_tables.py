"""The gateway's table of who has signed in. The rules of `gateway.storage.tables` hold here, too."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from gateway.storage.tables import metadata

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the id that the browser holds"),
    Column("agency", String(64), nullable=False),
    Column("official", String(64), nullable=False, comment="empty where a person signed in"),
    Column("subject_ref", String(32), nullable=True, comment="the person, where one signed in"),
    Column("level", Integer, nullable=False, comment="of assurance"),
    Column("authenticated_at", BigInteger, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, index=True),
)
